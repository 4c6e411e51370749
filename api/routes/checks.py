"""Verification of any text: the pipeline's own verifier, for memos and for other programs' answers."""

from __future__ import annotations

from fastapi import APIRouter

from api.checking import check_text
from api.dependencies import TheService
from rag.record.check import VerifyIn, VerifyRecord

router = APIRouter(prefix="/v1/verify", tags=["verify"])


@router.post("")
async def verify(asked: VerifyIn, service: TheService) -> VerifyRecord:
    """Check each sentence against the paragraphs that it cites."""
    return await service.work(lambda: check_text(asked, service.store, service.pipeline.verifier), "check")
