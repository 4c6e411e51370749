"""The pages at ``/`` and ``/browse`` with their few files: plain, readable, complete without a network."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from api.assets import load_assets

router = APIRouter(include_in_schema=False)
ASSETS = load_assets()


@router.get("/")
async def index(request: Request) -> Response:
    return ASSETS["index.html"].respond(request)


@router.get("/browse")
async def browse(request: Request) -> Response:
    return ASSETS["browse.html"].respond(request)


@router.get("/page/{name}")
async def part(name: str, request: Request) -> Response:
    if name not in ASSETS:
        raise HTTPException(404, "There is no such page.")
    return ASSETS[name].respond(request)
