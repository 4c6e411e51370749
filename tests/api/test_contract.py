"""The API against its own description: what OpenAPI promises is what is answered, whatever is sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from api.app import create_app
from api.service import Service
from rag.index.collection import Collection
from tests.api import small

load_all_checks()
# A question of blanks, an unknown id, dates the wrong way round are of the right form and refused all the
# same; a method that a path does not have is answered by the router.
LEFT_OUT = [positive_data_acceptance, unsupported_method]
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


@pytest.fixture
def own_service(collection: Collection) -> Iterator[Service]:
    made = small.build_service(collection)
    yield made
    made.close()


def failures(service: Service, examples: int) -> list[str]:
    """Whatever is not as described, route by route; `examples` requests of either kind for each."""
    found: list[str] = []
    tried = 0
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(service))
    for result in schema.get_all_operations():
        operation = result.ok()
        # Of an id in the path every text is of the right form, and so of words in the query, where a number
        # is a word too: nothing wrong can be made up.
        loose = not (list(operation.headers) or list(operation.body))
        for mode in MODES[:1] if loose else MODES:

            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def hold(case: schemathesis.Case) -> None:
                nonlocal tried
                tried += 1
                response = case.call()
                # What is too large is refused unread, whatever is wrong in it besides.
                if response.status_code != 413:
                    case.validate_response(response, excluded_checks=LEFT_OUT)

            try:
                hold()
            except (Failure, FailureGroup) as error:
                reasons = error.exceptions if isinstance(error, FailureGroup) else [error]
                found += [f"{operation.label} {mode.value}: {reason}" for reason in reasons]
    assert tried > examples * 20
    return found


def test_every_route_answers_as_it_is_described(own_service: Service) -> None:
    assert not failures(own_service, 3)


@pytest.mark.heavy
def test_every_route_answers_as_it_is_described_at_length(own_service: Service) -> None:
    assert failures(own_service, 200) == []
