"""A link that opens something lies sealed beside its mail, goes out with it, and is forgotten (ASVS 5.0 13.3.1)."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from portico.jobs import Dead
from portico.notify.mail import MARK, send_mail
from portico.testing.portal import Company, Portal


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


def asked(portal: Portal, company: Company) -> tuple[Any, str]:
    """A mail that waits, and the token in its link."""
    person = company.customer_person()
    company.anonymous().post("/forgot", {"email": person.email}, status=303)
    [mail] = portal.mails(person.email)
    found = re.search(r"token=([\w-]+)", mail.text)
    assert found
    assert found[1] in mail.html
    return mail, found[1]


def kept(portal: Portal, mail: Any) -> Any:
    with portal.superuser() as db:
        return db.execute(sa.text("SELECT * FROM mail WHERE id = :i"), {"i": mail.id}).one()


def job(company: Company, parts: Any) -> Any:
    return SimpleNamespace(portico=parts, tenant=company.tenant, session=company.system)


def test_a_link_goes_out_with_its_mail_and_is_forgotten(portal: Portal, company: Company) -> None:
    mail, token = asked(portal, company)
    waiting = kept(portal, mail)
    assert MARK in waiting.text
    assert token not in waiting.text + waiting.html
    assert token.encode() not in bytes(waiting.secret)
    send_mail(job(company, portal.parts), str(mail.id))
    sent = email.message_from_bytes((portal.settings.home / "mail" / f"{mail.id.hex}.eml").read_bytes(), policy=email.policy.default)
    for kind in ("plain", "html"):
        body = sent.get_body((kind,))
        assert body is not None
        assert f"token={token}" in body.get_content()
    assert (kept(portal, mail).status, kept(portal, mail).secret) == ("sent", None)


def test_one_that_does_not_open_is_not_sent(portal: Portal, company: Company) -> None:
    mail, _token = asked(portal, company)
    parts = SimpleNamespace(settings=replace(portal.settings, master_key=b"x" * 32), connections=portal.parts.connections)
    with pytest.raises(Dead):
        send_mail(job(company, parts), str(mail.id))
    assert kept(portal, mail).status == "failed"
