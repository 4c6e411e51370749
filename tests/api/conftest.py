"""A service over the small collection: in-process through ASGI, and behind a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.service import Service
from rag.index.collection import Collection
from tests.api import small
from tests.api.serving import serving


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    opened = small.build_collection(tmp_path_factory.mktemp("collection"), small.cables())
    yield opened
    opened.close()


@pytest.fixture
def service(collection: Collection) -> Iterator[Service]:
    made = small.build_service(collection)
    yield made
    made.close()


@pytest.fixture
def empty_service(tmp_path: Path) -> Iterator[Service]:
    opened = small.build_collection(tmp_path, [])
    made = small.build_service(opened)
    yield made
    made.close()
    opened.close()


@pytest.fixture
def disputed_service(tmp_path: Path) -> Iterator[Service]:
    opened = small.build_collection(tmp_path, small.disputed())
    made = small.build_service(opened)
    yield made
    made.close()
    opened.close()


@pytest.fixture
def client(service: Service) -> httpx.AsyncClient:
    return asgi_client(service)


def asgi_client(service: Service) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(service), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://cableqa.test")


@pytest.fixture
def live_url(service: Service) -> Iterator[str]:
    """The address of a real server, for what ASGI transports cannot show: cuts, slow readers, browsers."""
    with serving(service) as url:
        yield url
