"""What people choose to be told, and where, is what reaches them (ACC-4)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.functional.identity.working import work

from portico import events
from portico.jobs import enqueue
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

SHIPPED, ACCEPTED, DEVICE = "orders.shipped", "quotes.accepted", "identity.new-device"
URL = "/notifications/settings"


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company(plugins=["portico_orders", "portico_quotes"])


@pytest.fixture
def account(company: Company) -> UUID:
    return company.account("Told Ltd")


@pytest.fixture
def person(company: Company, account: UUID) -> Person:
    return company.customer_person(account)


@pytest.fixture
def api(company: Company, person: Person) -> Client:
    return company.api(person)


def choose(api: Client, kind: str, **where: bool) -> None:
    api.json("PUT", URL, {"items": [{"kind": kind, **where}]})


def happens(portal: Portal, company: Company, account: UUID, kind: str = SHIPPED) -> None:
    with company.system() as db:
        events.publish(db, kind, account_id=account, subject=("order", "1"), data={"number": "4711"})
    work(portal)


def told(portal: Portal, person: Person, kind: str = SHIPPED) -> tuple[int, int]:
    """(notices, mails)."""
    with portal.superuser() as connection:
        notices = sa.text("SELECT count(*) FROM notification WHERE user_id = :u AND kind = :k")
        mails = sa.text("SELECT count(*) FROM mail WHERE recipient = :e AND kind = 'notification'")
        return (connection.scalar(notices, {"u": person.id, "k": kind}) or 0, connection.scalar(mails, {"e": person.email}) or 0)


def pointers(answer: Any) -> set[str]:
    return {one["pointer"] for one in answer.json["errors"]}


def of(answer: Any, kind: str) -> dict[str, Any]:
    return next(one for one in answer.json["items"] if one["kind"] == kind)


def test_at_first_everything_is_told_everywhere(portal: Portal, company: Company, account: UUID, person: Person, api: Client) -> None:
    known = of(api.get(URL), SHIPPED)
    assert {name: known[name] for name in ("portal", "mail", "has_mail", "required")} == {
        "portal": True, "mail": True, "has_mail": True, "required": False}
    happens(portal, company, account)
    assert told(portal, person) == (1, 1)


@pytest.mark.parametrize(("where", "reaches"), [
    ({"mail": False}, (1, 0)), ({"portal": False}, (0, 1)), ({"portal": False, "mail": False}, (0, 0))])
def test_what_was_switched_off_does_not_come_and_colleagues_notice_nothing(
    portal: Portal, company: Company, account: UUID, person: Person, api: Client, where: dict[str, bool], reaches: tuple[int, int]
) -> None:
    colleague = company.customer_person(account)
    choose(api, SHIPPED, **where)
    happens(portal, company, account)
    assert told(portal, person) == reaches
    assert told(portal, colleague) == (1, 1)
    choose(api, SHIPPED, portal=True, mail=True)
    happens(portal, company, account)
    assert told(portal, person) == (reaches[0] + 1, reaches[1] + 1)


def test_a_mail_alone_comes_once_however_often_the_job_runs(
    portal: Portal, company: Company, account: UUID, person: Person, api: Client
) -> None:
    choose(api, SHIPPED, portal=False)
    with company.system() as db:
        events.publish(db, SHIPPED, account_id=account, subject=("order", "1"), data={"number": "4711"})
        event = db.scalar(sa.text("SELECT id FROM event ORDER BY id DESC LIMIT 1"))
        enqueue(db, "notify.fan_out", event_id=str(event))
    work(portal)
    assert told(portal, person) == (0, 1)


def test_what_keeps_the_account_safe_cannot_be_switched_off(api: Client) -> None:
    assert of(api.get(URL), DEVICE)["required"] is True
    refused = api.json("PUT", URL, {"items": [{"kind": DEVICE, "portal": False}]}, status=422)
    assert pointers(refused) == {"/items/0"}


@pytest.mark.parametrize("item", [
    {"kind": "orders.nothing", "mail": False}, {"kind": "quotes.stuck", "mail": False}, {"kind": ACCEPTED, "mail": True}])
def test_what_cannot_be_chosen_is_refused_and_changes_nothing(api: Client, item: dict[str, Any]) -> None:
    before = api.get(URL).json
    both = {"items": [{"kind": SHIPPED, "mail": False}, item]}
    assert all(where.startswith("/items/1") for where in pointers(api.json("PUT", URL, both, status=422)))
    assert api.get(URL).json == before


def test_the_page_shows_what_was_chosen_and_keeps_it(company: Company, person: Person, api: Client) -> None:
    client = company.client(person)
    choose(api, SHIPPED, mail=False)
    form = next(one for one in client.get("/account/notifications").forms.values() if "checkbox" in one.fields)
    boxes = {one._value: one for one in form.fields["checkbox"]}
    assert (boxes[f"portal:{SHIPPED}"].checked, boxes[f"mail:{SHIPPED}"].checked) == (True, False)
    assert f"mail:{ACCEPTED}" not in boxes, "of which there is no mail"
    for place in ("portal", "mail"):
        boxes[f"{place}:{SHIPPED}"].checked = place == "mail"
    form.submit(headers=client.headers).follow(headers=client.headers)
    now = of(api.get(URL), SHIPPED)
    assert (now["portal"], now["mail"]) == (False, True)


def test_a_plugin_that_is_off_offers_nothing_and_keeps_what_was_chosen(portal: Portal, person: Person, company: Company) -> None:
    bare = portal.company(plugins=["portico_quotes"])
    kinds = {one["kind"] for one in bare.api(bare.customer_person()).get(URL).json["items"]}
    assert not any(kind.startswith("orders.") for kind in kinds)
    assert any(kind.startswith("quotes.") for kind in kinds)


def test_staff_choose_among_what_reaches_staff(company: Company) -> None:
    admin = company.admin().person
    assert admin is not None
    kinds = {one["kind"] for one in company.api(admin).get(URL).json["items"]}
    assert "quotes.stuck" in kinds
    assert SHIPPED not in kinds


def test_labels_are_words_in_the_readers_language_without_gaps(api: Client) -> None:
    for language in ("en", "fr", "ar"):
        labels = [one["label"] for one in api.get(URL, {"lang": language}).json["items"]]
        assert all(label and "$" not in label and "{" not in label for label in labels)
        assert len(set(labels)) == len(labels)
