"""Every expected failure of cableqa, as one small tree.

    CableqaError                     code                  HTTP  exit
    ├── UsageError                   usage                 422   2
    ├── CollectionError              collection            503   3
    │   ├── CollectionEmpty          collection_empty      503   3
    │   ├── CollectionLocked         collection_locked     503   3
    │   ├── CollectionDamaged        collection_damaged    503   3
    │   ├── CollectionDegraded       collection_degraded   503   3
    │   ├── CollectionOutdated       collection_outdated   503   3
    │   └── StorageFull              storage_full          503   3
    ├── ModelUnavailable             model_unavailable     503   4
    ├── NotFound                     not_found             404   1
    ├── Forbidden                    forbidden             403   1
    ├── Busy                         busy                  503   1
    ├── ServerFailed                 server_failed         -     1
    └── ParseError                   parse_error           -     1

An error is neither an abstention (``Outcome.NOT_IN_CORPUS``) nor an unscored sample. Anything
that leaves the program and is not in this tree is a bug.
"""

from __future__ import annotations


class CableqaError(Exception):
    """A failure that was foreseen: `message` says what to do, `detail` carries the facts."""

    code = "error"
    http_status = 500
    exit_status = 1

    def __init__(self, message: str, **detail: str | int | float | list[str] | None) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class UsageError(CableqaError):
    """The request cannot be understood or is beyond a limit."""

    code = "usage"
    http_status = 422
    exit_status = 2


class CollectionError(CableqaError):
    """The collection cannot serve right now."""

    code = "collection"
    http_status = 503
    exit_status = 3


class CollectionEmpty(CollectionError):
    """There is no cable to search."""

    code = "collection_empty"


class CollectionLocked(CollectionError):
    """Another process owns the data directory."""

    code = "collection_locked"


class CollectionDamaged(CollectionError):
    """Store and indexes do not agree, or one of them cannot be read."""

    code = "collection_damaged"


class CollectionDegraded(CollectionError):
    """An index is being built anew, and what was asked cannot be said without it."""

    code = "collection_degraded"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}, and it is being built anew from the store: ask again in a while. Nothing is declared "
            "absent before."
        )


class CollectionOutdated(CollectionError):
    """An older cableqa wrote the collection, and a reader does not change it."""

    code = "collection_outdated"

    def __init__(self, path: str, found: int, known: int) -> None:
        super().__init__(
            f"{path} was written by an older cableqa (schema {found}, this one writes {known}). Stop what "
            "uses the collection and run `cableqa doctor`: it copies the file aside and upgrades it.",
            found=found,
            known=known,
        )


class StorageFull(CollectionError):
    """The disk takes no more. What was written before is safe; a run is taken up again where it stopped."""

    code = "storage_full"

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(
            f"{place} cannot be written ({reason}): most likely the disk is full. What was written before is "
            "safe. Make room and run the same command again: it goes on where it stopped.",
            reason=reason,
        )


class ModelUnavailable(CableqaError):
    """An encoder, reranker or language model cannot be loaded or does not answer."""

    code = "model_unavailable"
    http_status = 503
    exit_status = 4


class NotFound(CableqaError):
    """A named cable, paragraph or answer does not exist."""

    code = "not_found"
    http_status = 404
    exit_status = 1


class Forbidden(CableqaError):
    """The caller may not do that."""

    code = "forbidden"
    http_status = 403


class Busy(CableqaError):
    """More is asked at once than is allowed to wait; trying again in `retry_after_s` seconds helps."""

    code = "busy"
    http_status = 503

    def __init__(self, message: str, *, retry_after_s: int, **detail: int) -> None:
        super().__init__(message, retry_after_s=retry_after_s, **detail)
        self.retry_after_s = retry_after_s


class ParseError(CableqaError):
    """A file is not a cable: names the file, the line where known, and the reason."""

    code = "parse_error"
    http_status = 422
    exit_status = 1


class ServerFailed(CableqaError):
    """A cableqa server that is measured over HTTP does not answer, or not as the contract says."""

    code = "server_failed"
