"""An offer is opened by the link in its mail and accepted there, on a phone, without an account in reach."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect
from tests.browser.conftest import DESK, PHONE, People
from tests.browser.site import Site
from tests.browser.test_accessibility import arm
from tests.browser.test_handoff import seen

from portico.links import service
from portico.links.terms import LinkTerms
from portico.tenancy.models import AccountMember, Membership
from portico_quotes import mail_links
from portico_quotes.models import Quote

SLUG = "turinova"
SETTING = "UPDATE tenant_plugin SET settings = settings || '{\"mail_links\": \"answer\"}' WHERE plugin = 'portico_quotes'"


def mailed(site: Site) -> tuple[str, str]:
    """(token, id) of a link as the mail of an offer that waits has it."""
    waiting = (
        sa.select(Quote.id, Membership.user_id, Membership.display_name, Membership.email)
        .join(AccountMember, sa.and_(AccountMember.tenant_id == Quote.tenant_id, AccountMember.account_id == Quote.account_id))
        .join(Membership, sa.and_(Membership.tenant_id == Quote.tenant_id, Membership.user_id == AccountMember.user_id))
        .where(Quote.state.in_(["processed", "revised"]), sa.func.coalesce(Quote.valid_until, sa.func.current_date()) > sa.func.current_date() - 1)
        .where(AccountMember.role == "owner", Quote.approval_id.is_(None))
        .order_by(Quote.id)
        .limit(1)
    )
    with site.system(SLUG) as db:
        db.execute(sa.text(SETTING))
        row = db.execute(waiting).one()
    with site.system(SLUG) as db:
        terms = mail_links.terms(db, row.id)
        assert isinstance(terms, LinkTerms)
        sent = {"user_id": row.user_id, "recipient": row.display_name, "email": row.email}
        return service.make(db, mail_links.PURPOSE, row.id, terms, **sent), str(row.id)


@pytest.mark.parametrize(("size", "language", "accept"), [(PHONE, "en", "Accept"), (DESK, "ar", "قبول")], ids=["phone", "arabic"])
def test_an_offer_is_accepted_from_its_mail(
    size: Any, language: str, accept: str, unsigned: None, site: Site, people: People
) -> None:
    token, quote_id = mailed(site)
    people.expected = ("410",)  # of the link that was used
    context = people.browser(viewport=size, color_scheme="dark" if language == "ar" else "light")  # nobody is signed in
    arm(context)
    page = context.new_page()
    page.goto(site.path(SLUG, f"/quotes/by-link?token={token}&lang={language}"))
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    expect(page.locator("table tbody tr").first).to_be_visible()
    expect(page.get_by_role("navigation")).to_have_count(0)
    seen(page, "by-link")
    page.locator("#field-po_number").fill("PO-MAIL")
    page.locator("#field-po_number").press("Tab")
    accepting = page.get_by_role("button", name=re.compile(f"^{accept}"))
    expect(accepting).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(re.compile(r"accepted|قبلت"))
    seen(page, "by-link-answered")
    with site.system(SLUG) as db:
        assert db.execute(sa.select(Quote.state, Quote.po_number).where(Quote.id == quote_id)).one() == ("accepted", "PO-MAIL")
    page.goto(site.path(SLUG, f"/quotes/by-link?token={token}&lang={language}"))
    expect(page.locator("a.btn-primary")).to_have_attribute("href", re.compile(f"/quotes/{quote_id}$"))
    seen(page, "by-link-closed")
