"""An e-invoice is had where it was checked as it is now, and nowhere else (PAY-8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from lxml import etree
from tests.functional.portico_einvoices.conftest import Office

from portico.audit.models import AuditEntry
from portico.db.types import now
from portico_einvoices import checking, checks, parties, samples
from portico_einvoices.checking import Syntax, check
from portico_einvoices.errors import RulesUnavailableError
from portico_einvoices.models import CHECK, PASSED, REFUSED
from portico_erp.values import InvoiceStatus
from portico_invoices.samples import remote_invoice

CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


def test_invoices_are_checked_and_given_out_as_they_were_checked(office: Office) -> None:
    office.customer.get(office.page("1", ".xml"), status=404)
    office.work()
    assert {ref: row.state for ref, row in office.checked().items()} == {"1": PASSED, "2": PASSED, "3": REFUSED}
    for ref, root in (("1", "Invoice"), ("2", "CreditNote")):
        answer = office.customer.get(office.page(ref, ".xml"))
        assert answer.content_type == "application/xml"
        assert answer.body == office.checked()[ref].ubl
        assert etree.fromstring(answer.body).tag.endswith(f"}}{root}")
        assert "attachment" in answer.headers["Content-Disposition"]
        assert not [one for one in check([(Syntax.UBL, answer.body)])[0] if one.is_fatal]
    office.customer.get(office.page("3", ".xml"), status=404)
    office.customer.get(office.page("3", ".pdf"), status=404)


def test_credit_note_names_its_invoice(office: Office) -> None:
    office.work()
    found = etree.fromstring(office.checked()["2"].ubl)
    (about,) = found.iter("{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}InvoiceDocumentReference")
    assert about.findtext(f"{CBC}ID") == "I-1"


def test_payment_changes_no_file_and_asks_no_rules(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.work()
    before = office.checked()["1"]
    later = now() + timedelta(seconds=5)
    office.bill(remote_invoice("1", "C1", status=InvoiceStatus.PAID, updated_at=later, issued_on=before.checked_at.date(), due_on=before.checked_at.date() + timedelta(days=30)))
    office.customer.get(office.page("1", ".xml"), status=404)

    def never(files: Any) -> Any:
        raise AssertionError("the same files were checked again")

    monkeypatch.setattr(checks, "check", never)
    office.work()
    assert office.customer.get(office.page("1", ".xml")).body == before.ubl


def test_changed_invoice_is_not_offered_before_it_was_checked_anew(office: Office) -> None:
    office.work()
    office.bill(remote_invoice("1", "C1", note="Another word", updated_at=now() + timedelta(seconds=5)))
    office.customer.get(office.page("1", ".xml"), status=404)
    office.work()
    assert b"Another word" in office.customer.get(office.page("1", ".xml")).body


def test_changed_details_are_in_all_that_is_offered(office: Office) -> None:
    office.work()
    with office.company.system() as db:
        parties.save_company(db, samples.COMPANY | {"name": "Newly Named GmbH"})
    office.customer.get(office.page("1", ".xml"), status=404)
    office.work()
    assert b"Newly Named GmbH" in office.customer.get(office.page("1", ".xml")).body
    with office.company.system() as db:
        parties.save_customer(db, office.account_id, samples.CUSTOMER | {"vat_id": "DE111111111"})
    office.customer.get(office.page("1", ".xml"), status=404)
    office.work()
    assert b"DE111111111" in office.customer.get(office.page("1", ".xml")).body


@pytest.mark.parametrize("changed", ["company", "customer", "invoice"])
def test_what_changed_while_it_was_checked_is_not_noted(office: Office, changed: str) -> None:
    with office.company.system() as db:
        written = checks.judge(checks.write(db, "en", [office.ids["1"]]))
        assert written[0].files
    with office.company.system() as db:
        if changed == "company":
            parties.save_company(db, samples.COMPANY | {"city": "Bonn"})
        elif changed == "customer":
            parties.save_customer(db, office.account_id, samples.CUSTOMER | {"city": "Bonn"})
    if changed == "invoice":
        office.bill(remote_invoice("1", "C1", note="Other", updated_at=now() + timedelta(seconds=5)))
    with office.company.system() as db:
        assert checks.keep(db, written) == 0
        assert db.scalar(sa.select(sa.func.count()).select_from(CHECK)) == 0


def test_nothing_is_checked_while_details_are_missing(bare: Office) -> None:
    bare.bill(remote_invoice("1", "C1"))
    bare.work()
    assert bare.checked() == {}
    with bare.company.system() as db:
        parties.save_company(db, samples.COMPANY)
    bare.work()
    assert bare.checked()["1"].state == REFUSED  # the customer's country is not known
    with bare.company.system() as db:
        parties.save_customer(db, bare.account_id, samples.CUSTOMER)
    bare.work()
    assert bare.checked()["1"].state == PASSED


def test_addresses_of_the_portal_are_used_and_looked_at_by_night(office: Office) -> None:
    from portico_customers import addresses

    with office.company.system() as db:
        parties.save_customer(db, office.account_id, samples.CUSTOMER | {"country": "", "city": ""})
        own = addresses.add(db, office.account_id, {"street": "Kai 1", "city": "Kiel", "postcode": "24103", "country": "DE"})
    office.work()
    assert b"Kiel" in office.checked()["1"].ubl
    with office.company.system() as db:
        addresses.change(db, office.account_id, own, {"city": "Husum"})
    office.work()
    assert b"Kiel" in office.checked()["1"].ubl
    office.work("einvoices.anew")
    assert b"Husum" in office.checked()["1"].ubl


def test_old_invoices_are_checked_when_somebody_asks(office: Office) -> None:
    long_ago = now().date() - timedelta(days=1000)
    office.bill(remote_invoice("old", "C1", issued_on=long_ago, due_on=long_ago))
    office.work()
    assert "old" not in office.checked()
    office.customer.post(office.page("old", "/prepare"), {})
    office.work()
    assert office.checked()["old"].state == PASSED
    office.customer.get(office.page("old", ".xml"))


def test_broken_file_is_refused_by_the_rules_themselves(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from portico_einvoices import ubl

    whole = ubl.write
    monkeypatch.setattr(ubl, "write", lambda made: whole(made).replace(b'PayableAmount currencyID="EUR">', b'PayableAmount currencyID="EUR">1'))
    office.work()
    row = office.checked()["1"]
    assert (row.state, row.ubl) == (REFUSED, None)
    assert [one["code"] for one in row.reasons] == ["BR-CO-16"]
    office.customer.get(office.page("1", ".xml"), status=404)


def test_one_that_breaks_the_rules_down_holds_up_no_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks_on_a_credit_note(files: Any) -> Any:
        if any(b"<CreditNote" in xml for _syntax, xml in files):
            raise RulesUnavailableError
        return checking.check(files)

    monkeypatch.setattr(checks, "check", breaks_on_a_credit_note)
    office.work()
    assert {ref: row.state for ref, row in office.checked().items()} == {"1": PASSED, "2": REFUSED, "3": REFUSED}
    monkeypatch.setattr(checks, "check", lambda files: breaks_on_a_credit_note([(Syntax.UBL, b"<CreditNote")]))
    with office.company.system() as db:
        written = [replace(one, is_known=False) for one in checks.write(db, "en", [office.ids["1"], office.ids["2"]])]
    with pytest.raises(RulesUnavailableError):
        checks.judge(written)


def test_others_get_nothing(office: Office) -> None:
    office.work()
    stranger = office.company.client(office.company.customer_person(office.company.account("Other")))
    for ending in ("", ".xml", ".pdf"):
        stranger.get(office.page("1", ending), status=404)
    with office.company.system() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == "documents.downloaded")) == 0


def test_api(office: Office) -> None:
    office.work()
    api = office.company.api(office.customer.person)
    base = f"/invoices/{office.ids['1']}/e-invoice"
    assert api.get(base).json == {"state": "passed", "reasons": []}
    assert api.get(f"{base}.xml").body == office.checked()["1"].ubl
    refused = f"/invoices/{office.ids['3']}/e-invoice"
    assert api.get(refused).json == {"state": "refused", "reasons": []}
    told = office.company.api(office.admin.person).get(refused).json
    assert told["reasons"] == ["The tax is not what the lines with their rates give, however it is rounded."]
