"""The page at ``/`` with its few files: plain, readable, complete without a network."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException

router = APIRouter(include_in_schema=False)
FOLDER = Path(__file__).parent.parent / "page"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
# Asked again each time, and answered with 304 where it is the same: an upgrade shows at once.
REVALIDATE = {"Cache-Control": "no-cache"}


@router.get("/")
async def index() -> FileResponse:
    return FileResponse(FOLDER / "index.html", headers=REVALIDATE)


@router.get("/page/{name}")
async def part(name: str) -> FileResponse:
    # Looked up among the files that are there, so that no name can lead outside the folder.
    for file in FOLDER.iterdir():
        if file.name == name and file.suffix in TYPES:
            return FileResponse(file, headers=REVALIDATE, media_type=TYPES[file.suffix])
    raise HTTPException(404, "There is no such page.")
