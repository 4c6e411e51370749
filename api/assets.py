"""The page's files, read once: each with its hash, so that it is sent again only where it changed."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parent / "page"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the page, as it is and compressed."""

    media_type: str
    plain: bytes
    packed: bytes
    etag: str

    def respond(self, request: Request) -> Response:
        """The file, or 304 where the browser has it already."""
        # Asked again each time, so that an upgrade shows at once.
        headers = {"Cache-Control": "no-cache", "ETag": self.etag, "Vary": "Accept-Encoding"}
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(self.plain, media_type=self.media_type, headers=headers)
        headers["Content-Encoding"] = "gzip"
        return Response(self.packed, media_type=self.media_type, headers=headers)


def load_assets(folder: Path = FOLDER) -> dict[str, Asset]:
    """Every file of the page by its name; what is not here has no address, so no name leads elsewhere."""
    return {file.name: _read(file) for file in sorted(folder.iterdir()) if file.suffix in TYPES}


def _read(file: Path) -> Asset:
    plain = file.read_bytes()
    etag = f'"{sha256(plain).hexdigest()[:20]}"'
    # The same bytes from every start of the server: no time stamp inside.
    return Asset(TYPES[file.suffix], plain, gzip.compress(plain, 9, mtime=0), etag)
