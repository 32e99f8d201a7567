"""Every route, tried by everybody, generated from the route table: a new route is covered without a line of test.

For each route with an id, the refusals count only beside the owner's success with the same id in the same test.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest
import sqlalchemy as sa
from tests.walls import bodies, headers, roles
from tests.walls.bodies import prepare
from tests.walls.used import NotDoneError, Used
from tests.walls.world import Side, prove_everybody

from portico.identity.permissions import ADMINISTRATION, HERE, MEMBER, OPERATOR, OWN_HERE, PUBLIC, SEEING, SIGNED_IN
from portico.tenancy.models import TenantPlugin
from portico.testing.portal import Portal
from portico.web.routes import RouteSpec

OK = range(200, 300)
OPEN_IDS = {"digest", "slug", "mail", "lang", "plugin", "mail_kind", "mail_locale", "place", "quote_version"}  # parameters that name nothing private
ENDS_THE_SESSION = ("identity.sign_out",)  # its success leads to sign-in, too
PERSONAL = {"begun_id", "factor_id", "session_id", "token_id", "data_request_id", "my_membership_id"}  # parameters that name something of one person, whoever else may ask for such a page
BAD_REQUEST, FORBIDDEN, NOT_FOUND = 400, 403, 404


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "spec" in metafunc.fixturenames:
        wanted = {
            "test_a_foreign_id_does_not_exist": names_something_private,
            "test_a_switched_off_plugin_does_not_exist": belongs_to_a_plugin,
        }.get(metafunc.function.__name__, lambda spec: True)
        found = [spec for spec in _route_table() if wanted(spec)]
        metafunc.parametrize("spec", found, ids=[f"{s.name}-{s.method}" for s in found])


def names_something_private(spec: RouteSpec) -> bool:
    return spec.site != "apex" and bool(set(spec.parameters) - OPEN_IDS)


def belongs_to_a_plugin(spec: RouteSpec) -> bool:
    return spec.plugin is not None


@lru_cache
def _parts() -> Any:
    """The application put together, without a database: its routes and its plugins are known by then."""
    import base64

    import portico
    from portico.app import build
    from portico.settings import Settings

    key = base64.urlsafe_b64encode(b"k" * 32).decode()
    parts = build(
        Settings.read({"portico.home": "/nonexistent", "portico.master_key": key, "portico.demo": "true"}, {})
    )
    portico.make_app(parts)
    return parts


@lru_cache
def _route_table() -> list[RouteSpec]:
    return sorted(_parts().routes, key=lambda spec: (spec.name, spec.method))


def path(spec: RouteSpec, samples: dict[str, str]) -> str:
    missing = [name for name in spec.parameters if name not in samples and name not in OPEN_IDS]
    assert not missing, f"{spec.name}: sample_records of {spec.plugin or 'core'} gives no {missing}"
    return re.sub(r"{(\w+)(:[^}]*)?}", lambda found: samples.get(found[1], "0" * 32), spec.pattern)


def ask(side: Side, who: str, spec: RouteSpec, samples: dict[str, str]):
    """The answer that `who` gets, over the page or over the API."""
    prepare(side, spec)
    answer = send(side, who, spec, samples)
    assert not headers.wrong(answer, spec.name), f"{spec.name} {spec.method} to {who}"
    return answer


def send(side: Side, who: str, spec: RouteSpec, samples: dict[str, str]):
    client, url = side.clients[who], path(spec, samples)
    if spec.kind == "api":
        if client.person is not None and who not in ("anonymous", "stranger"):
            client = side.company.api(client.person)
        else:
            client = side.company.anonymous()
        full = side.company.prefix + url
        if spec.upload:
            return client.web.post(full, {"file": bodies.a_file(side)}, headers=client.headers, expect_errors=True)
        if spec.method in ("POST", "PUT", "PATCH"):
            return client.web.request(
                full,
                method=spec.method,
                body=json.dumps(sent(side, spec)).encode(),
                headers=client.headers,
                content_type="application/json",
                expect_errors=True,
            )
        return client.web.request(full, method=spec.method, headers=client.headers, expect_errors=True)
    if spec.method == "GET":
        return client.get(url, sent(side, spec), status="*")
    return client.post(url, sent(side, spec), status="*")


def at_the_apex(side: Side, who: str, spec: RouteSpec):
    """The answer outside of every company, to somebody of this one."""
    client = side.company.portal.client(side.clients[who].person)
    url = path(spec, side.samples)
    return client.get(url, sent(side, spec), status="*") if spec.method == "GET" else client.post(url, status="*")


def sent(side: Side, spec: RouteSpec):
    """What the request carries, whoever sends it: what makes it succeed for those who may."""
    if spec.method == "GET":
        return {name: one if isinstance(one, str) else one(side) for name, one in bodies.BODIES.get(spec.name, {}).items() if name == "token"}
    who = next((one for one in side.clients if spec.permission != PUBLIC and may(side, one, spec)), "anonymous")
    return bodies.body(side, spec, lambda: side.clients[who].get(path(spec, side.samples), status="*"))


def succeeded(answer, spec: RouteSpec) -> bool:
    """Done, or done and on to another page. For the few whose success another test shows: neither refused nor told that there
    is nothing. Who is asked to prove again who they are has seen nothing, and changed nothing."""
    if asked_to_prove(answer):
        return False
    if (spec.name, spec.method) in bodies.SHOWN_ELSEWHERE:
        return not refused(answer, spec) and answer.status_int < 500 and answer.status_int != NOT_FOUND
    return answer.status_int in OK or (answer.status_int == 303 and (spec.name in ENDS_THE_SESSION or not refused(answer, spec)))


def assert_done(answer, spec: RouteSpec, who: str) -> None:
    """`who` may, and did."""
    if not succeeded(answer, spec):
        raise NotDoneError(why_not(answer, spec, who))


def why_not(answer, spec: RouteSpec, who: str) -> str:
    return (
        f"{spec.name} {spec.method} answered {answer.status} to {who}, who may. If it needs a field that its form or schema "
        f"does not name, declare it in BODIES, if it needs a state, in BEFORE (tests/walls/bodies.py).\n{plain(answer)}"
    )


def plain(answer) -> str:
    text = answer.text if answer.content_type.startswith(("text/", "application/")) else ""
    return re.sub(r"\s+", " ", re.sub(r"<(script|style|svg|head|header|nav).*?</\1>|<[^>]*>", " ", text, flags=re.S))[:1500]


EVERYBODY = frozenset({"owner", "other", "agent", "admin", "stranger", "anonymous"})
KNOWN = EVERYBODY - {"anonymous"}
MAY: dict[str, frozenset[str]] = {
    PUBLIC: EVERYBODY,
    SIGNED_IN: KNOWN,
    HERE: KNOWN,
    SEEING: frozenset(),
    MEMBER: KNOWN - {"stranger"},
    OWN_HERE: KNOWN - {"stranger"},
    OPERATOR: frozenset(),
    ADMINISTRATION: frozenset({"agent", "admin"}),
}
"""Who of a company's world may, said once more and not by the product: it is what the product is measured by."""


def may(side, who: str, spec: RouteSpec) -> bool:
    if spec.kind == "api" and who == "stranger":
        who = "anonymous"  # a token for the API is made by a company for its members
    if spec.permission in MAY:
        return who in MAY[spec.permission]
    person = side.clients[who].person
    if person is None or who == "stranger":
        return False
    return spec.permission in roles.permissions(person.roles, person.account_role)


def asked_to_prove(answer) -> bool:
    """Sent to the page that asks again who sits there, or a program's refusal for the same reason."""
    if answer.status_int == 303:
        return "/account/prove?" in answer.headers.get("Location", "")
    return answer.content_type == "application/problem+json" and answer.json.get("code") == "prove-again"


def refused(answer, spec: RouteSpec) -> bool:
    """A refusal: 401 or 403, or the way to sign-in or to joining. Who is asked to prove again who they are would be let in."""
    if answer.status_int in (401, 403):
        return not asked_to_prove(answer)
    return answer.status_int == 303 and bool(re.search(r"/(sign-in|join)\?next=", answer.headers.get("Location", "")))


@pytest.fixture
def attempt(spec: RouteSpec, shared_left: Side, used: Used) -> Callable[[Callable[[Side], None]], None]:
    """What only reads shares a world; what changes something gets one in which people are who they were when it was built."""
    if spec.method != "GET":
        return used.attempt
    if spec.fresh:  # on a slow machine the world is older than a proof
        prove_everybody(shared_left)
    return lambda test: test(shared_left)


def somebody(spec: RouteSpec, left: Side) -> str:
    """One who may, the least powerful first."""
    for who in ("owner", "agent", "admin"):
        if may(left, who, spec):
            return who
    pytest.fail(f"{spec.name}: no built-in role may; which one is it for?")


def test_those_without_the_permission_are_refused(spec: RouteSpec, attempt) -> None:
    attempt(lambda left: those_without_the_permission_are_refused(spec, left))


def those_without_the_permission_are_refused(spec: RouteSpec, left: Side) -> None:
    if spec.site == "apex":
        below = {one.pattern for one in _route_table() if one.site != "apex"}
        for who in ("owner", "anonymous") if spec.pattern not in below else ():
            assert left.clients[who].get(path(spec, left.samples), status="*").status_int in (404, 405), (
                "an apex page below a company"
            )
        for who in KNOWN | {"anonymous"} if spec.permission == OPERATOR else ():
            answer = at_the_apex(left, who, spec)
            assert refused(answer, spec), (who, answer.status, answer.text[:300])
        return
    allowed = [who for who in left.clients if may(left, who, spec)]
    assert allowed or spec.permission in (OPERATOR, SEEING)
    for who in left.clients.keys() - set(allowed):
        answer = ask(left, who, spec, left.samples)
        assert refused(answer, spec), (who, answer.status, answer.headers.get("Location"), answer.text[:300])
    if spec.site == "any" and spec.permission != PUBLIC:  # the same view outside of every company
        answer = at_the_apex(left, "anonymous", spec)
        assert refused(answer, spec), ("anonymous, at the apex", answer.status, answer.text[:300])
        if spec.method == "GET":
            assert succeeded(at_the_apex(left, "owner", spec), spec), "at the apex"
    others = PERSONAL & set(spec.parameters)
    # What changes something is tried by one alone: a second would find it changed.
    for who in allowed if spec.method == "GET" else allowed[:1]:
        answer = ask(left, who, spec, left.samples)
        not_theirs = who in ("other", "anonymous", "stranger") or (others and who != "owner")
        if spec.method == "GET" and spec.parameters and not_theirs:
            assert succeeded(answer, spec) or answer.status_int in (404, 410), (who, answer.status, answer.text[:500])
        else:
            assert_done(answer, spec, who)


def test_who_is_asked_to_prove_themselves_again_has_not_succeeded(shared_left: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is it a refusal: each page and each address that asks for it."""
    specs = [one for one in _route_table() if one.fresh and one.site != "apex" and (one.kind == "api" or one.method == "GET")]
    assert {one.kind for one in specs} > {"api"}
    with monkeypatch.context() as late:
        late.setattr("portico.tenancy.scope.ELEVATED_FOR", dt.timedelta(0))
        for spec in specs:
            answer = send(shared_left, somebody(spec, shared_left), spec, shared_left.samples)
            assert (asked_to_prove(answer), succeeded(answer, spec), refused(answer, spec)) == (True, False, False), spec.name
    for spec in specs:
        if spec.method == "GET":
            assert not asked_to_prove(send(shared_left, somebody(spec, shared_left), spec, shared_left.samples)), spec.name


def test_whoever_a_test_asks_as_has_just_proved_who_they_are(portal: Portal, used: Used, request: pytest.FixtureRequest) -> None:
    """Also where an hour has gone by since their company was made."""
    used.attempt(lambda side: long_ago(portal, side))
    sides: list[Side] = []
    used.attempt(sides.append)
    assert all(proved(portal, one) for one in sides)
    left = request.getfixturevalue("shared_left")
    long_ago(portal, left)
    assert not proved(portal, left)
    prove_everybody(left)
    assert proved(portal, left)


def long_ago(portal: Portal, side: Side) -> None:
    with portal.superuser() as db:
        db.execute(sa.text("UPDATE web_session SET elevated_at = now() - interval '1 hour' WHERE user_id = ANY(:p)"), {"p": side.people})


def proved(portal: Portal, side: Side) -> bool:
    recent = "SELECT bool_and(elevated_at > now() - interval '1 minute') FROM web_session WHERE user_id = ANY(:p)"
    with portal.superuser() as db:
        return bool(db.scalar(sa.text(recent), {"p": side.people}))


def test_a_foreign_id_does_not_exist(spec: RouteSpec, attempt, right: Side) -> None:
    attempt(lambda left: a_foreign_id_does_not_exist(spec, left, right))


def a_foreign_id_does_not_exist(spec: RouteSpec, left: Side, right: Side) -> None:
    """The own one last: its success shows that nothing else kept the others away."""
    one_who_may = somebody(spec, left)
    private = [name for name in spec.parameters if name not in OPEN_IDS]
    foreign = {**left.samples, **{name: right.samples[name] for name in private}}
    unknown = {**left.samples, **{name: str(uuid.uuid4()) for name in private}}
    for samples in (foreign, unknown):
        answer = ask(left, one_who_may, spec, samples)
        if answer.status_int == FORBIDDEN:  # refused whatever the id: nothing is shown of it, in a company where others have been
            raise NotDoneError(why_not(answer, spec, one_who_may))
        assert answer.status_int == NOT_FOUND, (one_who_may, answer.status, answer.text[:300])
        asked = {right.samples[name] for name in private}
        assert not any(one in answer.text for name, one in right.samples.items() if name not in OPEN_IDS and one not in asked)
    if may(left, "owner", spec) and own_of_account(spec, left):
        answer = ask(left, "other", spec, left.samples)
        assert answer.status_int == NOT_FOUND, ("another customer of the company", answer.status)
    own = ask(left, one_who_may, spec, left.samples)  # last: it may change what it names
    assert_done(own, spec, one_who_may)


def own_of_account(spec: RouteSpec, side) -> bool:
    """True if the id belongs to the first customer alone; what the whole company shares is for all its customers."""
    return not any(name in SHARED for name in spec.parameters)


SHARED = {"proof", "item_id", "connection_id", "domain_id", "identity_id", "problem_id", "tenant_id"}


def test_a_switched_off_plugin_does_not_exist(spec: RouteSpec, attempt, portal) -> None:
    attempt(lambda left: a_switched_off_plugin_does_not_exist(spec, left, portal))


def a_switched_off_plugin_does_not_exist(spec: RouteSpec, left: Side, portal) -> None:
    one_who_may = somebody(spec, left)
    if spec.method == "GET":
        assert succeeded(ask(left, one_who_may, spec, left.samples), spec)
    switch(left, dependants(portal, spec.plugin), on=False)
    try:
        for who in ("owner", "admin", "anonymous"):
            assert ask(left, who, spec, left.samples).status_int == NOT_FOUND, who
    finally:
        switch(left, dependants(portal, spec.plugin), on=True)
    again = ask(left, one_who_may, spec, left.samples)
    assert_done(again, spec, one_who_may)


def switch(side, plugins: set[str], *, on: bool) -> None:
    with side.company.system() as db:
        db.execute(sa.update(TenantPlugin).where(TenantPlugin.plugin.in_(plugins)).values(enabled=on))


def dependants(portal, plugin: str) -> set[str]:
    """The plugin and all that need it."""
    found = {plugin}
    for manifest in portal.parts.plugins.in_order():
        if set(manifest.requires) & found:
            found.add(manifest.name)
    return found
