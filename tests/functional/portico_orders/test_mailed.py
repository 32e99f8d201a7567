"""The mail that tells of an order carries its confirmation, where the company wants that, through the real queue."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.unit.documents.setting import pages

from portico.documents import attaching, rendering
from portico.documents.errors import DocumentError
from portico.jobs.application import job_queue
from portico.jobs.worker import run_pending
from portico.testing.portal import Company, Portal
from portico_erp.values import OrderStatus
from portico_orders import synchronise
from portico_orders.samples import remote_order


def switch(company: Company, *, on: bool) -> None:
    with company.portal.superuser() as db:
        statement = (
            "UPDATE tenant SET settings = settings || jsonb_build_object('documents', jsonb_build_object('attached', cast(:on AS bool))), "
            "config_version = config_version + 1 WHERE id = :t"
        )
        db.execute(sa.text(statement), {"t": company.id, "on": on})


def mailed(portal: Portal, company: Company, address: str, status: OrderStatus = OrderStatus.PENDING) -> EmailMessage:
    """What came of an order that the company told."""
    with company.system() as db:
        synchronise.apply(db, [remote_order("1", "C-1", status=status, deliveries=[])])
    for _ in range(3):  # the event, its mail, and what that asks to be tried again
        run_pending(job_queue(portal.parts), portal.parts)
    [mail] = portal.mails(address)
    file = portal.settings.home / "mail" / f"{mail.id.hex}.eml"
    return email.message_from_bytes(file.read_bytes(), policy=email.policy.default)  # type: ignore[return-value]


def test_the_confirmation_comes_along(portal: Portal, company: Company, account_id: UUID) -> None:
    switch(company, on=True)
    message = mailed(portal, company, company.customer_person(account_id).email)
    [attached] = message.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("application/pdf", "Order confirmation O-1.pdf")
    [page] = pages(attached.get_content())
    assert "Order confirmation O-1" in page
    assert "€2,544.00" in page
    assert message.get_body(("html",)) is not None


def test_nothing_comes_along_unless_the_company_wants_it(portal: Portal, company: Company, account_id: UUID) -> None:
    message = mailed(portal, company, company.customer_person(account_id).email)
    assert list(message.iter_attachments()) == []


def test_what_is_cancelled_is_not_confirmed(portal: Portal, company: Company, account_id: UUID) -> None:
    switch(company, on=True)
    person = company.customer_person(account_id)
    assert len(list(mailed(portal, company, person.email).iter_attachments())) == 1
    with company.system() as db:
        synchronise.apply(db, [remote_order("1", "C-1", status=OrderStatus.CANCELLED, deliveries=[])])
    run_pending(job_queue(portal.parts), portal.parts)
    assert [mail.document is not None for mail in portal.mails(person.email)] == [True, False]


@pytest.mark.parametrize("trouble", ["broken", "large"])
def test_the_mail_goes_out_without_what_cannot_come_along(
    portal: Portal, company: Company, account_id: UUID, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    def broken(*_arguments: object, **_options: object) -> bytes:
        raise DocumentError("why")

    if trouble == "broken":
        monkeypatch.setattr(rendering, "typeset", broken)
    else:
        monkeypatch.setattr(attaching, "MOST_BYTES", 1000)
    switch(company, on=True)
    message = mailed(portal, company, company.customer_person(account_id).email)
    assert list(message.iter_attachments()) == []
    assert message.get_body(("html",)) is not None
