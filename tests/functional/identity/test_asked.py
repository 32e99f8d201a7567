"""Asking with an address alone: the request does the same for everybody, whoever has an account (ASVS 6.3.8)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from tests.functional.identity.test_devices import statements
from tests.functional.identity.test_signing_in import mails_to, new_address

from portico.identity import asked
from portico.identity.models import User
from portico.jobs import Dead
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

PASSWORD = "a quiet blue house"
API = "/api/v1/portal/auth"


@pytest.fixture(scope="module")
def company(portal: Portal) -> Company:
    return portal.company()


def with_status(portal: Portal, column: str, value: str | None) -> str:
    person = portal.person()
    with portal.superuser() as db:
        db.execute(sa.update(User).where(User.id == person.id).values({column: value}))
    return person.email


WHO: dict[str, Callable[[Portal], str]] = {
    "known": lambda portal: portal.person().email,
    "unknown": lambda portal: new_address(),
    "disabled": lambda portal: with_status(portal, "status", "disabled"),
    "unconfirmed": lambda portal: with_status(portal, "email_verified_at", None),
    "without a password": lambda portal: with_status(portal, "password_hash", None),
}


def forgot(client: Client, address: str) -> Any:
    return client.post("/forgot", {"email": address}, status=303)


def link(client: Client, address: str) -> Any:
    return client.post("/sign-in/link", {"email": address}, status=303)


def register(client: Client, address: str) -> Any:
    return client.post("/register", {"name": "Nora New", "email": address, "password": PASSWORD}, status=303)


def forgot_by_program(client: Client, address: str) -> Any:
    return client.json("POST", f"{API}/forgot", {"email": address}, status=202)


def register_by_program(client: Client, address: str) -> Any:
    return client.json("POST", f"{API}/register", {"name": "N", "email": address, "password": PASSWORD}, status=202)


def another_address(client: Client, address: str) -> Any:
    return client.post("/account/email", {"email": address}, status=303)


def staff(client: Client, address: str) -> Any:
    return client.post("/admin/invite", [("name", "N N"), ("email", address), ("__start__", "roles:sequence"),
                                         ("checkbox", "agent"), ("__end__", "roles:sequence")], status=303)  # fmt: skip


STRANGERS = (forgot, link, register, forgot_by_program, register_by_program)


@pytest.mark.parametrize("ask", [*STRANGERS, another_address, staff])
def test_a_request_does_the_same_whoever_has_an_account(
    portal: Portal, company: Company, ask: Callable[[Client, str], Any]
) -> None:
    client = company.admin() if ask is staff else company.customer()
    done, said = {}, {}
    for who, address in WHO.items():
        if ask in STRANGERS:
            client = company.anonymous()
        answer = ask(client, address(portal))
        done[who] = [one for one in statements(client) if "rate_" not in one]
        said[who] = (answer.location if answer.status_int == 303 else answer.json, answer.content_length)
    assert done["known"]
    assert {who: one for who, one in done.items() if one != done["known"]} == {}
    assert len(set(map(str, said.values()))) == 1


@pytest.mark.parametrize("ask", [forgot, link])
@pytest.mark.parametrize("where", ["company", "apex"])
def test_only_who_has_an_account_is_mailed(portal: Portal, company: Company, where: str, ask: Callable[[Client, str], Any]) -> None:
    mailed = {}
    for who, address in WHO.items():
        asking = address(portal)
        ask(company.anonymous() if where == "company" else portal.client(), asking)
        mailed[who] = [one.kind for one in mails_to(portal, asking)]
    kind = ["reset"] if ask is forgot else ["sign-in"]
    both = {"known": kind, "unknown": [], "disabled": [], "without a password": kind}
    assert mailed == both | {"unconfirmed": kind if ask is forgot else []}


@pytest.fixture
def waiting(portal: Portal, company: Company) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a registration left to be done: its address, and what the job was told."""
    address = new_address()
    register(company.anonymous(), address)
    query = sa.text("SELECT args FROM job WHERE actor = :a AND args -> 'arguments' ->> 'email' = :e")
    with portal.superuser() as db:
        yield address, db.scalar(query, {"a": asked.JOB, "e": address})


def test_a_chosen_password_waits_sealed(portal: Portal, waiting: tuple[str, dict[str, Any]]) -> None:
    told = waiting[1]
    assert "argon2" not in str(told)
    sealed = base64.b64decode(told["arguments"]["chosen"])
    assert b"argon2" not in sealed


def test_it_opens_for_its_own_address_alone(portal: Portal, company: Company, waiting: tuple[str, dict[str, Any]]) -> None:
    arguments = waiting[1]["arguments"] | {"email": new_address()}
    with company.system() as db, pytest.raises(Dead):
        asked.ANSWERS["register"](db, portal.parts, "asked/once", **arguments)


def test_a_second_run_mails_nothing_again(portal: Portal, company: Company) -> None:
    person = company.customer_person()
    once = secrets.token_hex(8)
    for _time in range(2):
        with company.system() as db:
            asked.ANSWERS["reset"](db, portal.parts, once, email=person.email)
    assert [one.kind for one in mails_to(portal, person.email)] == ["reset"]


def test_who_was_mailed_is_on_record_with_where_it_was_asked(portal: Portal, company: Company) -> None:
    person: Person = company.customer_person()
    client = company.anonymous()
    answer = forgot(client, person.email)
    portal.answer_asked()
    with portal.superuser() as db:
        query = sa.text("SELECT action, address, subject_id FROM audit_entry WHERE request_id = :r ORDER BY id")
        rows = {row.action: (row.address, row.subject_id) for row in db.execute(query, {"r": answer.headers["X-Request-Id"]})}
    assert rows["identity.reset-asked"] == (client.address, None)
    assert rows["identity.link-mailed"] == (client.address, str(person.id))
