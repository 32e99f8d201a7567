"""A company words its own mails: the page, what it refuses, two at once, whose mails they are, and what then goes out."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from portico import events
from portico.admin import people
from portico.notify.fan_out import fan_out
from portico.testing.client import Client
from portico.testing.portal import Company, Portal

SHIPPED = "/admin/emails/orders.shipped.account"
WORDS = {
    "subject": "Order {number} left our house",
    "heading": "It is on its way",
    "opening": "Dear {recipient},\n\nwe sent order {number} with {carrier}.",
    "closing": "Yours, {company}",
    "button": "Follow it",
}


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company(plugins=["portico_orders"], locale="en", locales=["en", "fr", "ar"])


@pytest.fixture
def admin(company: Company) -> Client:
    return company.admin()


def save(client: Client, version: str, status: int = 303, path: str = f"{SHIPPED}/en", **words: str) -> Any:
    return client.post(path, {"__formid__": "email", "version": version, **words}, status=status)


def happens(portal: Portal, company: Company, account: UUID, queries: list[str] | None = None) -> None:
    """An order of the organisation was shipped, and the job tells of it."""
    data = {"number": "4711", "carrier": "DHL", "tracking": "<T&1>", "po_number": "", "delivery": ""}
    with company.system() as db:
        event = events.publish(db, "orders.shipped", account_id=account, subject=("order", "1"), data=data)
    tenant = company.tenant
    job = SimpleNamespace(session=company.system, portico=portal.parts, tenant=tenant, relay=portal.parts.relay(tenant))

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        queries.append(statement)  # type: ignore[union-attr]

    if queries is not None:
        sa.event.listen(portal.parts.engine, "before_cursor_execute", note)
    try:
        fan_out(job, str(event))
    finally:
        if queries is not None:
            sa.event.remove(portal.parts.engine, "before_cursor_execute", note)


def trail(portal: Portal, company: Company) -> list[Any]:
    with portal.superuser() as db:
        query = "SELECT * FROM audit_entry WHERE tenant_id = :t AND action LIKE 'mail.text%' ORDER BY at, id"
        return list(db.execute(sa.text(query), {"t": company.id}))


def test_changed_words_go_out_and_the_standard_comes_back(
    portal: Portal, company: Company, admin: Client, version_of: Any
) -> None:
    account = company.account()
    customer = company.customer_person(account, "Carla <b>Customer</b>")
    save(admin, version_of(admin.get(f"{SHIPPED}/en")), **WORDS)
    happens(portal, company, account)
    [mail] = portal.mails(customer.email)
    assert mail.subject == "Order 4711 left our house"
    assert "Dear <bdi>Carla &lt;b&gt;Customer&lt;/b&gt;</bdi>," in mail.html
    assert "we sent order 4711 with DHL." in mail.text
    assert ">Follow it</a>" in mail.html
    assert "It is on its way</h1>" in mail.html
    for part in (mail.text, mail.html):
        assert f"{company.prefix}/orders/1" in part
        assert f"{company.prefix}/account/notifications" in part
        assert "You get this mail because you are a customer of this company." in part
    page = admin.get(f"{SHIPPED}/en")
    assert "Give up your own words of this mail?" in page
    admin.post(f"{SHIPPED}/en/reset", {"version": version_of(page)}, status=303)
    happens(portal, company, account)
    assert portal.mails(customer.email)[-1].subject == "Order 4711 is on its way"
    changed, back = trail(portal, company)
    assert (changed.before["opening"], changed.after["opening"]) == ("", WORDS["opening"])
    assert (back.action, back.before["closing"], back.after["closing"]) == ("mail.text-reset", "Yours, {company}", "")
    told = admin.get("/admin/audit?action=mail.text")
    for words in ("Words of a mail changed", "Words of a mail taken back", "Order … is on its way", "Opening text", "Dear {recipient},"):
        assert words in told


def test_each_language_has_words_of_its_own(portal: Portal, company: Company, admin: Client, version_of: Any) -> None:
    account = company.account()
    people_ = {locale: company.customer_person(account, f"Pat {locale}") for locale in ("en", "fr", "ar")}
    with portal.superuser() as db:
        for locale, one in people_.items():
            db.execute(sa.text("UPDATE membership SET locale = :l WHERE user_id = :u"), {"l": locale, "u": one.id})
    save(admin, version_of(admin.get(f"{SHIPPED}/ar")), path=f"{SHIPPED}/ar", subject="طلبكم {number}", closing="مع التحية")
    happens(portal, company, account)
    subjects = {locale: portal.mails(one.email)[0] for locale, one in people_.items()}
    assert subjects["en"].subject == "Order 4711 is on its way"
    assert subjects["fr"].subject == "La commande 4711 est en route"
    assert subjects["ar"].subject == "طلبكم 4711"
    assert 'dir="rtl"' in subjects["ar"].html
    assert "مع التحية</p>" in subjects["ar"].html
    assert "DHL" in subjects["ar"].text  # what was left empty is the standard text
    listed = admin.get("/admin/emails")
    [row] = [one for one in listed.html.select("li") if "orders.shipped.account" in str(one)]
    assert "Changed" in row.text
    assert "العربية" in row.text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"subject": "Hello\r\nBcc: thief@example.com"}, "This is one line."),
        ({"subject": "Hello \u202etxt.exe"}, "a character that cannot be seen"),
        ({"opening": "Order {nmber}"}, "{nmber} is not known here. There are: {carrier}, {company}, {delivery}, {number}"),
        ({"button": "x" * 61}, "At most 60 characters."),
        ({"opening": "x" * 1501}, "At most 1500 characters."),
        ({"link": "https://evil.example"}, "this form does not have"),
    ],
)
def test_what_cannot_be_is_refused_in_place_and_nothing_is_kept(
    portal: Portal, company: Company, admin: Client, version_of: Any, words: dict[str, str], message: str
) -> None:
    page = admin.get(f"{SHIPPED}/en")
    refused = save(admin, version_of(page), 422, **{"closing": "Typed before", **words})
    assert message in refused
    assert "Typed before" in refused
    assert message in admin.post(f"{SHIPPED}/en/preview", {"__formid__": "email", "version": "1", **words})
    assert trail(portal, company) == []
    save(admin, version_of(page), closing="Typed before")  # what was refused changed nothing, the version included


def test_the_second_of_two_administrators_is_told(company: Company, admin: Client, version_of: Any) -> None:
    seen = version_of(admin.get(f"{SHIPPED}/en"))
    save(company.admin(), seen, subject="The first was here")
    assert "Somebody else changed the settings" in save(admin, seen, 409, subject="Me too")
    admin.post(f"{SHIPPED}/en/reset", {"version": seen}, status=409)
    page = admin.get(f"{SHIPPED}/en")
    assert "The first was here" in page
    save(admin, version_of(page), subject="Me too")


def test_another_companys_words_are_its_own(portal: Portal, company: Company, admin: Client, version_of: Any) -> None:
    other = portal.company(plugins=["portico_orders"])
    save(admin, version_of(admin.get(f"{SHIPPED}/en")), subject="Ours alone")
    assert "Ours alone" not in other.admin().get(f"{SHIPPED}/en")
    account = other.account()
    theirs = other.customer_person(account)
    happens(portal, other, account)
    assert portal.mails(theirs.email)[0].subject == "Order 4711 is on its way"
    with other.system() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM mail_text")) == 0


def test_only_who_may_change_the_brand_words_mails(company: Company, admin: Client) -> None:
    admin.get("/admin/emails", status=200)
    for client in (company.agent(), company.customer()):
        for path in ("/admin/emails", f"{SHIPPED}/en", f"{SHIPPED}/en/frame"):
            client.get(path, status=403)
        for path in (f"{SHIPPED}/en", f"{SHIPPED}/en/preview", f"{SHIPPED}/en/reset", f"{SHIPPED}/en/test"):
            client.post(path, {"version": "1"}, status=403)


@pytest.mark.parametrize(
    "path", ["identity.new-device.user/en", "reset/en", "portico.reset/en", "orders.shipped.account/de", "quotes.received.account/en"]
)
def test_mails_of_logins_other_languages_and_plugins_that_are_off_are_not_there(admin: Client, path: str) -> None:
    admin.get(f"/admin/emails/{path}", status=404)
    admin.post(f"/admin/emails/{path}", {"version": "1", "subject": "x"}, status=404)


def test_a_plugin_that_is_switched_off_keeps_its_words(portal: Portal, company: Company, admin: Client, version_of: Any) -> None:
    save(admin, version_of(admin.get(f"{SHIPPED}/en")), **WORDS)
    for on in ("no", "yes"):
        version = version_of(admin.get("/admin/plugins/portico_orders"))
        admin.post("/admin/plugins/portico_orders", {"version": version, "on": on, "also": "yes"}, status=303)
        assert ("orders.shipped" in admin.get("/admin/emails")) == (on == "yes")
    assert "Order {number} left our house" in admin.get(f"{SHIPPED}/en")


def test_the_preview_shows_what_is_typed_in_a_frame_that_can_do_nothing(company: Company, admin: Client, version_of: Any) -> None:
    page = admin.get(f"{SHIPPED}/en")
    words = {"subject": "Draft {number}", "opening": "<script>alert(1)</script> {carrier}", "button": "Go"}
    shown = admin.post(f"{SHIPPED}/en/preview", {"__formid__": "email", "version": version_of(page), **words})
    assert "Draft SO-1042" in shown.html.select_one("strong").text
    assert "<script>alert(1)</script> DHL" in shown.html.select_one("pre").text
    frame = shown.html.select_one("iframe")
    assert "sandbox" in frame.attrs
    assert not frame["sandbox"]
    seen = admin.get(frame["src"].removeprefix(company.prefix))
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <bdi>DHL</bdi>" in seen
    assert ">Go</a>" in seen
    policy = seen.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox;" in policy
    assert "script-src" not in policy
    assert "Draft" not in admin.get(f"{SHIPPED}/en/frame")  # nothing of it was kept
    token = frame["src"].partition("words=")[2]
    for path in (f"{SHIPPED}/fr/frame", "/admin/emails/orders.placed.account/en/frame"):
        admin.get(f"{path}?words={token}", status=404)  # sealed for this mail alone
    admin.get(f"{SHIPPED}/en/frame?words=forged", status=404)


def test_a_sample_goes_to_whoever_asks_and_not_without_end(portal: Portal, company: Company, admin: Client, version_of: Any) -> None:
    save(admin, version_of(admin.get(f"{SHIPPED}/en")), **WORDS)
    admin.post(f"{SHIPPED}/en/test", {"to": "victim@example.com", "recipient": "victim@example.com"}, status=303)
    assert admin.person is not None
    [mail] = portal.mails(admin.person.email)
    assert mail.subject == "Order SO-1042 left our house"
    assert portal.mails("victim@example.com") == []
    assert trail(portal, company)[-1].action == "mail.text-tested"
    most = portal.settings.rate_sensitive.person
    answers = [admin.post(f"{SHIPPED}/en/test", status="*").status_int for _ in range(most)]
    assert answers[-1] == 429


def test_an_invitation_and_an_admission_take_own_words_and_keep_their_links(
    portal: Portal, company: Company, admin: Client, version_of: Any
) -> None:
    invited, admitted = "/admin/emails/portico.invited/en", "/admin/emails/portico.admitted/en"
    opening = "{inviter} of {organisation} wants you as {role} at {company}."
    save(admin, version_of(admin.get(invited)), path=invited, subject="Come to {organisation}", opening=opening)
    save(admin, version_of(admin.get(admitted)), path=admitted, opening="Come in, {recipient}!", button="Come in")
    account = company.account("Bolt & Co")
    owner, form = company.customer(account), {"email": "new@example.com", "role": "purchaser", "reach": "all"}
    owner.post(f"/organisations/{account}/invite", {"__formid__": "form", **form}, status=303)
    [mail] = portal.mails("new@example.com")
    assert mail.subject == "Come to Bolt & Co"
    assert "Carla Customer of Bolt & Co wants you as" in mail.text
    assert re.search(r"/invitation\?token=[\w-]{20,}", mail.html)
    assert re.search(r"/invitation\?token=[\w-]{20,}", mail.text)
    assert "without the link, nothing happens" in mail.text
    asker = portal.person("Ada Asker")
    portal.client(asker, company.prefix).post("/join", {}, status="*")
    with company.scope_of(admin.person) as db:  # type: ignore[arg-type]
        waiting = db.scalar(sa.text("SELECT id FROM membership WHERE user_id = :u"), {"u": asker.id})
        people.admit(db, portal.parts, waiting, account_id=None, name="New", erp_ref="")
    [mail] = portal.mails(asker.email)
    assert "Come in, Ada Asker!" in mail.text
    assert ">Come in</a>" in mail.html


def test_a_batch_of_mails_costs_no_statement_for_words_that_are_held(
    portal: Portal, company: Company, admin: Client, version_of: Any
) -> None:
    account = company.account()
    for number in range(4):
        company.customer_person(account, f"Pat {number}")
    save(admin, version_of(admin.get(f"{SHIPPED}/en")), **WORDS)
    first: list[str] = []
    happens(portal, company, account, first)
    again: list[str] = []
    happens(portal, company, account, again)
    assert sum("FROM mail_text" in one for one in first) == 1
    assert sum("INSERT INTO mail " in one for one in again) == 4
    assert not any("FROM mail_text" in one for one in again)
