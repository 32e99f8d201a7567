"""Whatever the OpenAPI document lets a caller send is answered as the document says, and never by an error of ours.

Requests are made from the document by schemathesis, with data that fits it and data that does not; half of them name what
is really there. Every API route is tried, as one who may and with a company of its own.
"""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks as openapi_checks
from tests.walls.test_routes import _route_table, may
from tests.walls.world import Side, build_side

from portico.testing.client import HOST, any_address
from portico.testing.portal import Portal
from portico.web.routes import RouteSpec

EXAMPLES = 10
"""Per route and way of making them; the same ones every time."""
CHECKS = (
    schemathesis.checks.not_a_server_error, openapi_checks.status_code_conformance, openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance, openapi_checks.response_headers_conformance,
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "spec" in metafunc.fixturenames:
        found = [(spec, mode) for spec in _route_table() if spec.kind == "api" for mode in GenerationMode
                 if mode is GenerationMode.POSITIVE or takes_something(spec)]
        ids = [f"{spec.name}-{spec.method}-{mode.value}" for spec, mode in found]
        metafunc.parametrize(("spec", "mode"), found, ids=ids)


def takes_something(spec: RouteSpec) -> bool:
    """Without a value to send, nothing that is sent can be wrong."""
    return bool(spec.body or spec.query or spec.parameters or spec.idempotent)


@pytest.fixture(scope="module")
def side(portal: Portal) -> Side:
    return build_side(portal)


class Addressed:
    """The application as its visitors reach it: by its host, each request from another address."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        environ["HTTP_HOST"], environ["REMOTE_ADDR"] = HOST, any_address()
        return self.app(environ, start_response)


@pytest.fixture(scope="module")
def document(portal: Portal, side: Side) -> Any:
    return schemathesis.openapi.from_wsgi(f"{side.company.prefix}/api/v1/openapi.json", Addressed(portal.app))


def test_every_answer_is_documented(spec: RouteSpec, mode: GenerationMode, side: Side, document: Any) -> None:
    operation = document[spec.pattern][spec.method]
    who = next(one for one in ("owner", "agent", "admin") if may(side, one, spec))
    headers = side.company.api(side.clients[who].person).headers

    @hypothesis.settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    @hypothesis.given(operation.as_strategy(generation_mode=mode), st.booleans())
    def try_it(case: Any, known: bool) -> None:
        if known:
            case.path_parameters = {**(case.path_parameters or {}), **{n: side.samples[n] for n in spec.parameters if n in side.samples}}
        case.headers = {**(case.headers or {}), **headers}
        answer = case.call()
        case.validate_response(answer, checks=CHECKS)

    try_it()
