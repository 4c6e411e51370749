"""Whether the server lives, whether it can answer, and what it is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.dependencies import TheService, TheWholeService
from api.suggestions import suggest_questions
from api.version import VERSION
from rag.errors import CableqaError

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether questions can be answered; `parts` names what cannot, with its reason.

    Degraded: they are answered without an index, which is being built anew; nothing is declared absent.
    """

    status: Literal["ready", "degraded", "not_ready"]
    parts: dict[str, str]


class About(BaseModel):
    """What answers here, and from how much."""

    version: str
    answerer: str
    verifier: str
    embedding_model: str
    cables: int
    paragraphs: int
    snapshot: str
    examples: tuple[str, ...]
    keep_questions_days: int
    question_limit_chars: int


@router.get("/healthz")
async def healthz() -> Health:
    return Health()


@router.get("/readyz", responses={503: {"model": Readiness}})
async def readyz(service: TheWholeService, response: Response) -> Readiness:
    """Try the store, the search and the encoder, each by itself, and name what fails."""
    parts = await service.work(lambda: _probe(service))
    degraded = service.pipeline.collection.indexes.degraded()
    ready = all(state == "ok" or name in degraded for name, state in parts.items())
    if service.keys is not None:
        # It is open to all: the part is named, and the log has the rest.
        parts = {name: state if state == "ok" else "failing" for name, state in parts.items()}
    if not ready:
        response.status_code = 503
    status: Literal["ready", "degraded"] = "degraded" if degraded else "ready"
    return Readiness(status=status if ready else "not_ready", parts=parts)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(service: TheService) -> Response:
    """Prometheus metrics: requests, answers, stages, what the collection holds."""

    def write() -> str:
        counts = service.store.counts()
        return service.metrics.written(counts.cables, counts.paragraphs)

    return Response(await service.work(write), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/v1/about")
async def about(service: TheService) -> About:
    """The models in use and the size of the collection."""
    return await service.work(lambda: _about(service))


def _probe(service: TheService) -> dict[str, str]:
    collection = service.pipeline.collection
    probes: dict[str, Callable[[], object]] = {
        "store": collection.store.counts,
        "encoder": lambda: collection.encoder.encode(["ready?"]),
        "chunks": lambda: collection.indexes.nearest(collection.encoder.encode(["ready?"])[0], 1),
        "lexical": collection.lexical.count,
    }
    parts = {}
    for name, probe in probes.items():
        try:
            probe()
            parts[name] = "ok"
        except CableqaError as error:
            parts[name] = error.message
        except Exception as error:  # a probe reports whatever breaks; it must not break itself
            parts[name] = type(error).__name__
    parts |= collection.indexes.degraded()
    if service.runs.ending:
        parts["server"] = "it is shutting down"
    if parts["store"] == "ok":
        parts["collection"] = "it holds no cable" if collection.store.is_empty() else "ok"
    return parts


def _about(service: TheService) -> About:
    counts = service.store.counts()
    return About(
        version=VERSION,
        answerer=service.pipeline.answerer_name,
        verifier=service.pipeline.verifier.name,
        embedding_model=service.settings.embedding_model,
        cables=counts.cables,
        paragraphs=counts.paragraphs,
        snapshot=service.store.snapshot(),
        examples=suggest_questions(service.store),
        keep_questions_days=service.settings.keep_questions_days,
        question_limit_chars=service.settings.question_limit_chars,
    )
