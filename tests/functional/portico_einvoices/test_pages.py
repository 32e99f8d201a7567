"""What staff enter, what an invoice's page shows, and Factur-X."""

from __future__ import annotations

import hashlib
from typing import Any

import pypdfium2
import pytest
import sqlalchemy as sa
from tests.functional.portico_einvoices.conftest import Office

from portico.audit.models import AuditEntry
from portico_einvoices import checks, parties, samples
from portico_einvoices.models import COMPANY, CUSTOMER


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules pass what they are given: they have tests of their own."""
    monkeypatch.setattr(checks, "check", lambda files: [[] for _file in files])


def filled(page: Any, **values: str) -> Any:
    form = next(one for one in page.forms.values() if "country" in one.fields)
    for name, value in values.items():
        form[name] = value
    return form


def test_company_enters_its_details(bare: Office) -> None:
    assert "Enter the details of your company first" in bare.admin.get("/e-invoices").text
    form = filled(bare.admin.get("/e-invoices/company"), country="DE", vat_id="de 123 456 789", iban="DE89 3704 0044 0532 0130 00", bic="cobadeff")
    form.submit().follow()
    with bare.company.system() as db:
        row = db.execute(sa.select(COMPANY)).one()
        trail = db.scalars(sa.select(AuditEntry).where(AuditEntry.action == "einvoices.company")).one()
    assert (row.country, row.vat_id, row.iban, row.bic) == ("DE", "DE123456789", "DE89370400440532013000", "COBADEFF")
    assert "Enter the details" not in bare.admin.get("/e-invoices").text
    assert trail.after["vat_id"] == "DE123456789"


@pytest.mark.parametrize(("values", "message"), [
    ({"vat_id": "123"}, "begins with the two letters"), ({"iban": "DE00370400440532013000"}, "This is no IBAN"), ({"bic": "X"}, "A BIC has"),
    ({}, "Enter a VAT number, or a tax number."), ({"tax_number": "1/2"}, "needs its number in the register"),
    ({"vat_id": "DE123456789", "zero_home": "E"}, "Say why sales are exempt"), ({"vat_id": "DE123456789", "scheme": "EM"}, "needs its kind"),
])  # fmt: skip
def test_details_that_cannot_be_are_refused(bare: Office, values: dict[str, str], message: str) -> None:
    answer = filled(bare.admin.get("/e-invoices/company"), country="DE", **values).submit(status=422)
    assert message in answer.text
    with bare.company.system() as db:
        assert db.execute(sa.select(COMPANY)).first() is None


def test_staff_enter_details_of_a_customer(bare: Office) -> None:
    bare.admin.get(f"/e-invoices/customers?account={bare.account_id}").follow()
    page = bare.admin.get(f"/e-invoices/customers/{bare.account_id}")
    assert "Choose a country" in filled(page, city="Kiel").submit(status=422).text
    filled(page, city="Kiel", country="DE", vat_id="DE987654321", reference="991-1").submit().follow()
    with bare.company.system() as db:
        row = db.execute(sa.select(CUSTOMER)).one()
        party, reference = parties.buyer(db, bare.account_id)
    assert (row.city, row.vat_id) == ("Kiel", "DE987654321")
    assert (party.name, party.address.city, reference) == ("Acme", "Kiel", "991-1")
    assert "Entered" in bare.admin.get("/e-invoices/customers").text


def test_customers_and_agents_enter_nothing(bare: Office) -> None:
    for client in (bare.customer, bare.company.agent()):
        for page in ("/e-invoices", "/e-invoices/company", "/e-invoices/customers", f"/e-invoices/customers/{bare.account_id}"):
            client.get(page, status=403)


def test_invoice_shows_what_can_be_had(office: Office, trusting: None) -> None:
    panel = office.customer.htmx(office.page("1")).text
    assert "being prepared" in panel
    assert "e-invoice.xml" not in panel
    office.work()
    assert "e-invoice.xml" in office.customer.htmx(office.page("1")).text
    assert "There is no e-invoice" in office.customer.htmx(office.page("3")).text
    assert "The tax is not what the lines" not in office.customer.htmx(office.page("3")).text
    assert "The tax is not what the lines" in office.admin.htmx(office.page("3")).text
    assert "e-invoice" in office.customer.get(f"/invoices/{office.ids['1']}").text


def test_panel_of_a_company_that_entered_nothing(bare: Office) -> None:
    from portico_invoices.samples import remote_invoice

    bare.bill(remote_invoice("1", "C1"))
    assert "There is no e-invoice" in bare.customer.htmx(bare.page("1")).text
    assert "/e-invoices/company" in bare.admin.htmx(bare.page("1")).text


def test_overview_counts_and_says_why(office: Office, trusting: None) -> None:
    office.work()
    page = office.admin.get("/e-invoices")
    assert [one.text for one in page.html.select("dl.facts dd")] == ["2", "1", "0"]
    assert "The tax is not what the lines with their rates give" in page.text


def test_factur_x_is_the_portals_document_with_the_checked_xml(office: Office, trusting: None) -> None:
    office.work()
    answer = office.customer.get(office.page("1", ".pdf"))
    assert answer.content_type == "application/pdf"
    pdf = pypdfium2.PdfDocument(answer.body)
    attachment = pdf.get_attachment(0)
    assert (attachment.get_name(), bytes(attachment.get_data())) == ("factur-x.xml", office.checked()["1"].cii)
    pdf.close()
    assert b"<fx:ConformanceLevel>EN 16931<" in answer.body
    with office.company.system() as db:
        told = db.scalars(sa.select(AuditEntry).where(AuditEntry.action == "documents.downloaded")).one()
    assert told.after["sha256"] == hashlib.sha256(answer.body).hexdigest()


def test_samples_are_e_invoices(bare: Office) -> None:
    from portico_invoices.samples import remote_invoice

    bare.bill(remote_invoice("1", "C1"))
    with bare.company.system() as db:
        samples.records(db, bare.account_id)
    assert b"Sample Glass" in bare.customer.get(bare.page("1", ".xml")).body
