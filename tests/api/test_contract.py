"""The API against its own description: what OpenAPI promises is what is answered, whatever is sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from api.app import create_app
from rag.collection import Collection
from tests.api import small

load_all_checks()
# A question of blanks, an unknown id, dates the wrong way round are of the right form and refused all the
# same; a method that a path does not have is answered by the router.
LEFT_OUT = [positive_data_acceptance, unsupported_method]
EXAMPLES = 4


@pytest.fixture(scope="module")
def described(collection: Collection, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    service = small.build_service(collection)
    yield schemathesis.openapi.from_asgi("/openapi.json", create_app(service))
    service.close()


schema = schemathesis.pytest.from_fixture("described")


def bounded(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )


@schema.parametrize()
@bounded(EXAMPLES)
def test_every_route_answers_as_it_is_described(case: schemathesis.Case) -> None:
    case.call_and_validate(excluded_checks=LEFT_OUT)


@pytest.mark.heavy
@schema.parametrize()
@bounded(300)
def test_every_route_answers_as_it_is_described_at_length(case: schemathesis.Case) -> None:
    case.call_and_validate(excluded_checks=LEFT_OUT)
