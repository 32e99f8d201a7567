"""Rate limits: per person, address and company, together across processes; nobody can use up another's (SEC-7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
import sqlalchemy as sa

from portico.errors import TooManyRequestsError
from portico.settings import Allowance, Settings, SettingsError
from portico.tenancy.scope import Scope
from portico.testing.person import Person
from portico.testing.portal import Company, Portal
from portico.web.limits import ANONYMOUS, CLASSES, READ, SENSITIVE, WRITE, Limits, class_of, network_of

NOW = 1_800_000_000.0


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def process(portal: Portal, clock: Clock, **allowed: Allowance) -> Limits:
    """The limits as one process holds them."""
    settings = replace(portal.settings, **{f"rate_{name}": allowed.get(name, Allowance(0, 0, 0)) for name in CLASSES})
    return Limits(settings, lambda: portal.parts.sessions, clock)


def person(address: str = "") -> Scope:
    return Scope(kind="user", user_id=uuid4(), address=address)


def ask(limits: Limits, scope: Scope, rate: str, times: int) -> int:
    """How many of them were let through."""
    done = 0
    for _ in range(times):
        try:
            limits.check(scope, rate)
        except TooManyRequestsError:
            continue
        done += 1
    return done


@pytest.mark.without("portico.web.limits:Limits.check TooManyRequestsError")
def test_a_person_has_so_many_a_minute(portal: Portal, clock: Clock) -> None:
    limits, scope = process(portal, clock, read=Allowance(10, 0, 0)), person()
    assert ask(limits, scope, READ, 15) == 10
    assert ask(limits, person(), READ, 15) == 10
    with pytest.raises(TooManyRequestsError) as refused:
        limits.check(scope, READ)
    assert 1 <= refused.value.retry_after_s <= 60
    clock.now += refused.value.retry_after_s
    assert ask(limits, scope, READ, 1) == 1


def test_reading_and_changing_are_counted_apart(portal: Portal, clock: Clock) -> None:
    limits, scope = process(portal, clock, read=Allowance(10, 0, 0), write=Allowance(5, 0, 0)), person()
    assert ask(limits, scope, READ, 20) == 10
    assert ask(limits, scope, WRITE, 20) == 5


def test_people_behind_one_address_share_its_limit_and_no_others(portal: Portal, clock: Clock) -> None:
    limits = process(portal, clock, read=Allowance(0, 10, 0))
    assert sum(ask(limits, person("192.0.2.7"), READ, 4) for _ in range(5)) == 10
    assert ask(limits, person("192.0.2.8"), READ, 4) == 4


def test_members_share_their_companys_limit(portal: Portal, clock: Clock) -> None:
    limits, company, other = process(portal, clock, read=Allowance(0, 0, 10)), portal.company(plugins=[]), portal.company(plugins=[])

    def member(of: Company) -> Scope:
        return Scope(kind="customer", tenant=of.tenant, user_id=uuid4(), address="192.0.2.9")

    assert sum(ask(limits, member(company), READ, 4) for _ in range(5)) == 10
    assert ask(limits, member(other), READ, 4) == 4


def test_no_stranger_uses_up_what_a_companys_members_have(portal: Portal, clock: Clock) -> None:
    company = portal.company(plugins=[])
    limits = process(portal, clock, **{name: Allowance(0, 0, 10) for name in CLASSES})
    for scope in (Scope(tenant=company.tenant, address="192.0.2.1"), Scope(kind="user", tenant=company.tenant, user_id=uuid4())):
        for rate in CLASSES:
            assert ask(limits, scope, rate, 30) == 30
    member = Scope(kind="customer", tenant=company.tenant, user_id=uuid4())
    assert ask(limits, member, READ, 10) == 10


def test_somebody_signed_in_reads_public_pages_as_their_own(portal: Portal, clock: Clock) -> None:
    limits = process(portal, clock, read=Allowance(20, 0, 0), anonymous=Allowance(0, 5, 0))
    assert ask(limits, person("192.0.2.3"), ANONYMOUS, 30) == 20
    assert ask(limits, Scope(address="192.0.2.3"), ANONYMOUS, 30) == 5


def test_processes_count_together(portal: Portal, clock: Clock) -> None:
    """Each sees what the others counted no later than two seconds after it got near the limit."""
    first, second = (process(portal, clock, read=Allowance(100, 0, 0)) for _ in range(2))
    scope, done = person(), 0
    for _ in range(60):
        clock.now += 0.5
        if int(clock.now // 60) != int(NOW // 60):
            break
        done += ask(first, scope, READ, 3) + ask(second, scope, READ, 3)
    # 58 rounds of six: alone, each would let 100 through. Between two looks at the others, each lets through twelve more.
    assert 100 <= done <= 100 + 2 * 12


def test_ordinary_use_sends_no_statement(portal: Portal) -> None:
    company = portal.company()
    client = company.customer()
    for _ in range(5):
        client.get("/notices")
        assert not [one for one in client.queries if "rate_" in one]


def test_when_the_database_does_not_count_reading_goes_on(portal: Portal, clock: Clock) -> None:
    limits, scope = process(portal, clock, read=Allowance(10, 0, 0)), person()
    with nobody_counts(portal):
        assert ask(limits, scope, READ, 15) == 10


class nobody_counts:
    """While this lasts, the database cannot count."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def __enter__(self) -> None:
        self._rename("rate_hits", "rate_hits_away")

    def __exit__(self, *error: object) -> None:
        self._rename("rate_hits_away", "rate_hits")

    def _rename(self, old: str, new: str) -> None:
        with self.portal.superuser() as connection:
            connection.execute(sa.text(f"ALTER FUNCTION {old}(text[], integer[], interval) RENAME TO {new}"))


def test_when_the_database_does_not_count_nobody_signs_in(portal: Portal) -> None:
    company = portal.company()
    someone, client = company.customer_person(), company.anonymous()
    client.token()
    right = {"email": someone.email, "password": Person.PASSWORD}
    with nobody_counts(portal):
        client.post("/sign-in", right, status=500)
        assert "portico" not in client.web.cookies
        client.get("/sign-in", status=200)  # to look at the page guesses nothing
    client.post("/sign-in", right, status=303)


@pytest.fixture
def tight(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(portal.parts.limits, "allowed", {
        READ: Allowance(40, 60, 0), WRITE: Allowance(20, 30, 0), SENSITIVE: Allowance(6, 6, 0), ANONYMOUS: Allowance(0, 60, 0)
    })  # fmt: skip
    return


def test_a_stranger_locks_nobody_out(portal: Portal, tight: None) -> None:
    """Whatever a stranger sends to whichever door, in the name of somebody: that one comes in, and goes on."""
    company = portal.company()
    victim = company.customer()
    assert victim.person is not None
    email = victim.person.email
    doors = {
        "/sign-in": {"email": email, "password": "wrong password"},
        "/forgot": {"email": email},
        "/sign-in/link": {"email": email},
        "/register": {"email": email, "name": "Not Them", "password": "a quite different sentence"},
    }
    for door, body in doors.items():
        refused = 0
        for _ in range(3):  # from several addresses
            stranger = company.anonymous()
            stranger.token()
            answers = [stranger.post(door, body, status="*").status_int for _ in range(8)]
            refused += answers.count(429)
        assert refused, door
    victim.get("/account", status=200)
    again = company.anonymous()
    again.post("/sign-in", {"email": email, "password": Person.PASSWORD}, status=303)
    assert email in again.get("/account").text


def test_the_one_who_is_too_fast_is_told_when_to_come_back(portal: Portal, tight: None) -> None:
    client = portal.company().customer()
    pages = [client.get("/notices?lang=ar", status="*") for _ in range(45)]
    assert [page.status_int for page in pages] == [200] * 40 + [429] * 5
    assert int(pages[-1].headers["Retry-After"]) <= 60
    assert '<html lang="ar" dir="rtl"' in pages[-1].text
    fragment = client.htmx("/notices/badge", status=429)
    assert "<html" not in fragment.text


def test_sensitive_counts_are_exact_however_many_come_at_once(portal: Portal) -> None:
    from concurrent.futures import ThreadPoolExecutor

    limits = process(portal, Clock(), sensitive=Allowance(0, 10, 0))
    scope = Scope(address=f"198.51.100.{uuid4().int % 250}")
    others = process(portal, Clock(), sensitive=Allowance(0, 10, 0))
    with ThreadPoolExecutor(8) as pool:
        done = sum(pool.map(lambda n: ask((limits, others)[n % 2], scope, SENSITIVE, 5), range(8)))
    assert done == 10


def test_old_counts_are_forgotten(portal: Portal) -> None:
    with portal.superuser() as connection:
        connection.execute(sa.text("SELECT rate_hits('{old,young}', '{1,1}', '1 minute')"))
        connection.execute(sa.text("UPDATE rate_window SET started_at = started_at - interval '26 hours' WHERE key = 'old'"))
        connection.execute(sa.text("SELECT rate_forget_old()"))
        kept = set(connection.scalars(sa.text("SELECT key FROM rate_window WHERE key IN ('old', 'young')")))
    assert kept == {"young"}


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002::/64"), ("2001:db8:1:2::9", "2001:0db8:0001:0002::/64"),
     ("::ffff:192.0.2.7", "192.0.2.7"), ("no address", "no address")],
)  # fmt: skip
def test_an_ipv6_network_is_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_route_that_names_no_class_gets_the_careful_one() -> None:
    assert class_of("GET", "portico:member") == READ
    assert class_of("GET", "portico:public") == ANONYMOUS
    assert class_of("POST", "portico:member") == WRITE
    assert class_of("DELETE", "portico:public") == SENSITIVE


def test_limits_are_set_as_three_numbers() -> None:
    key = {"PORTICO_MASTER_KEY": "A" * 43}
    assert Settings.read({}, {**key, "PORTICO_RATE_READ": "10 0 5"}).rate_read == Allowance(10, 0, 5)
    for wrong in ("10", "a b c", "1 2 -3"):
        with pytest.raises(SettingsError, match="rate_read"):
            Settings.read({}, {**key, "PORTICO_RATE_READ": wrong})
