"""The service that is set beside ours: FastAPI, LangChain and Chroma, as the tutorials have it.

    python -m benchmarks.textbook DIR PORT

Retrieval only: a question gives the eight nearest chunks with their ids. No sentence is chosen, nothing is
checked, nothing is kept.
"""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI
from langchain_chroma import Chroma
from langchain_core.embeddings import Embeddings
from pydantic import BaseModel

from rag.config import PACKAGED_MODEL
from rag.models.embeddings import load_encoder

NAME = "textbook"
K = 8


class Asked(BaseModel):
    """A question; what else the other service is sent is ignored."""

    question: str


def open_store(folder: str, encoder: Embeddings) -> Chroma:
    return Chroma(NAME, encoder, persist_directory=folder)


def build_app(folder: str) -> FastAPI:
    retriever = open_store(folder, load_encoder(PACKAGED_MODEL)).as_retriever(search_kwargs={"k": K})
    app = FastAPI()

    @app.post("/v1/answers")
    def answer(asked: Asked) -> dict[str, list[str]]:
        return {"passages": [document.page_content for document in retriever.invoke(asked.question)]}

    return app


if __name__ == "__main__":
    uvicorn.run(build_app(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
