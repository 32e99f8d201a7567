"""What is written passes schema and rules, whatever was billed; what is broken is found."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.portico_einvoices.invoices import AT_HOME, BUYER, SELLER, composed, invoice, line

from portico_einvoices import checking, cii, ubl
from portico_einvoices.checking import Syntax, check
from portico_einvoices.document import Document, Party, Preceding
from portico_einvoices.errors import InvoiceNotStatedError, Reason, RulesUnavailableError
from portico_einvoices.seller import Seller
from portico_erp.currencies import smallest_unit
from portico_erp.totals import line_total, totals
from portico_erp.values import InvoiceKind, InvoiceLine, RemoteInvoice, Totals

GOLDEN = Path(__file__).parent / "golden"
MANY = (line("2", "10.55", "19"), line("1000", "0.0125", "7", unit="kg"), line("2", "-3.50", "19"), line("10", "10", "19", "90"))
DOCUMENTS = {
    "invoice": (invoice(*MANY, po_number="PO-7", note="Thank you.\nSee you."), AT_HOME),
    "credit_note": (invoice(*MANY[:2], kind=InvoiceKind.CREDIT_NOTE, credits_ref="9"), AT_HOME),
    "reverse_charge": (invoice(line("3", "20", "0"), line("1", "7.77", "19")), BUYER),
    "dinars": (invoice(line("4", "2.25", "0"), currency="KWD", due_on=None), AT_HOME),
}


def document(name: str) -> Document:
    given, buyer = DOCUMENTS[name]
    seller = replace(SELLER, terms="30 days net") if given.due_on is None else SELLER
    about = Preceding("INV-2025-9", date(2025, 12, 1)) if given.credits_ref else None
    return composed(given, seller, buyer, preceding=about, reference="Cost centre 7")


WRITERS = {Syntax.UBL: ubl.write, Syntax.CII: cii.write}


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("syntax", Syntax)
def test_golden(name: str, syntax: Syntax) -> None:
    assert WRITERS[syntax](document(name)).decode() == (GOLDEN / f"{name}.{syntax}.xml").read_text()


BROKEN = {
    Syntax.UBL: [
        ("BR-CO-16", 'PayableAmount currencyID="EUR">', 'PayableAmount currencyID="EUR">9'),
        ("BR-CO-10", 'LineExtensionAmount currencyID="EUR">21.10', 'LineExtensionAmount currencyID="EUR">21.11'),
        ("BR-CO-15", 'TaxInclusiveAmount currencyID="EUR">', 'TaxInclusiveAmount currencyID="EUR">9'),
        ("BR-S-02", "<cbc:CompanyID>DE123456789</cbc:CompanyID>", ""),
        ("BR-CL-23", 'unitCode="KGM"', 'unitCode="SACK"'),
        ("XSD", "<cbc:IssueDate>2026-01-31", "<cbc:IssueDate>31.1.2026"),
    ],
    Syntax.CII: [
        ("BR-CO-16", "<ram:DuePayableAmount>", "<ram:DuePayableAmount>9"),
        ("BR-27", "<ram:ChargeAmount>10.55", "<ram:ChargeAmount>-10.55"),
        ("XSD", "<ram:DuePayableAmount>", "<ram:DuePayableAmount>x"),
    ],
}  # fmt: skip


def test_goldens_pass_and_broken_ones_are_found() -> None:
    files = [(syntax, write(document(name))) for name in DOCUMENTS for syntax, write in WRITERS.items()]
    wanted: list[str | None] = [None] * len(files)
    for syntax, changes in BROKEN.items():
        whole = WRITERS[syntax](document("invoice")).decode()
        for rule, old, new in changes:
            assert old in whole
            files.append((syntax, whole.replace(old, new).encode()))
            wanted.append(rule)
    for (_syntax, xml), rule, found in zip(files, wanted, check(files), strict=True):
        fatal = {one.rule for one in found if one.is_fatal}
        assert (rule in fatal) if rule else not fatal, (rule, fatal, xml.decode())


def test_what_is_no_invoice_does_not_pass() -> None:
    (found,) = check([(Syntax.UBL, b"<Invoice/>")])
    assert [one.rule for one in found] == ["XSD"]


def test_nothing_passes_when_the_rules_do_not_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checking, "_folder", lambda: tmp_path)
    with pytest.raises(RulesUnavailableError):
        check([(Syntax.UBL, WRITERS[Syntax.UBL](document("invoice")))])


def test_nothing_heavy_is_imported_with_the_plugin() -> None:
    heavy = "saxonche facturx pypdf stdnum pyhanko lxml"
    code = f"import sys, portico_einvoices.hooks\nprint([name for name in '{heavy}'.split() if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


NAMES = st.text(min_size=1, max_size=12).filter(lambda text: text.strip() and "\x00" not in text)
PRICES = st.decimals(Decimal("-99999"), Decimal("999999"), places=4) | st.sampled_from([Decimal(0), Decimal("0.0001"), Decimal("19.99")])
QUANTITIES = st.integers(-50, 500).map(Decimal) | st.decimals(-10, 1000, places=3)
RATES = st.sampled_from([Decimal(one) for one in ("0", "5.5", "7", "19", "20.00", "0.3", "100")])


@st.composite
def billed(draw: Any) -> tuple[RemoteInvoice, Seller, Party]:
    """Invoices as systems bill them: tax by rate or by line, discounts of lines and of the whole, sums that are rounded."""
    currency = draw(st.sampled_from(["EUR", "EUR", "EGP", "JPY", "KWD"]))
    unit = smallest_unit(currency)
    rates = draw(st.lists(RATES, min_size=1, max_size=3))
    lines = []
    for _number in range(draw(st.integers(0, 5))):
        quantity, price = draw(QUANTITIES), draw(PRICES)
        off = draw(st.sampled_from([Decimal(0), Decimal(0), Decimal("0.1"), Decimal("-0.05")]))
        total = line_total(quantity, price * (1 - off), currency)
        lines.append(InvoiceLine(draw(st.none() | NAMES), draw(NAMES), quantity, draw(st.sampled_from(["", "kg", "pcs", "Sack"])), price, draw(st.sampled_from(rates)), total))
    whole = totals([(Decimal(1), one.total, one.tax_rate) for one in lines], currency)
    net, tax = whole.net, whole.tax
    if draw(st.booleans()):
        tax = sum((line_total(one.total, one.tax_rate / 100, currency) for one in lines), Decimal(0))
    net += unit * draw(st.sampled_from([0, 0, 0, -100, 3]))
    gross = net + tax + unit * draw(st.sampled_from([0, 0, 2, -1, 500]))
    if gross < 0:
        net, tax, gross = -net, -tax, -gross
    kind = draw(st.sampled_from(InvoiceKind))
    more = {"kind": kind, "note": draw(NAMES), "number": draw(NAMES), "po_number": draw(st.none() | NAMES)}
    seller = draw(st.sampled_from([SELLER, replace(SELLER, account=None), replace(SELLER, party=replace(SELLER.party, vat_id="", tax_number="12/34"))]))
    return invoice(*lines, billed=Totals(net, tax, gross), currency=currency, **more), seller, draw(st.sampled_from([AT_HOME, BUYER]))


def test_what_is_stated_passes_and_is_what_was_billed() -> None:
    """A file each costs 0.1 s once the rules are read, so all are checked at the end, by one process."""
    stated: list[tuple[RemoteInvoice, Document]] = []
    refused: set[str] = set()

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(billed())
    def state(case: tuple[RemoteInvoice, Seller, Party]) -> None:
        given_, seller, buyer = case
        try:
            made = composed(given_, seller, buyer)
        except InvoiceNotStatedError as error:
            refused.update(one.code for one in error.reasons or [Reason("none", "")])
            return
        assert made.sums.payable == given_.totals.gross
        assert made.sums.net == given_.totals.net
        assert made.sums.tax == given_.totals.tax == sum(one.amount for one in made.taxes)
        assert all(one.price >= 0 for one in made.lines)
        stated.append((given_, made))

    state()
    assert "none" not in refused
    assert len(stated) > 30, refused
    files = [(syntax, write(made)) for _given, made in stated for syntax, write in WRITERS.items()]
    for number, found in enumerate(check(files)):
        assert not [one for one in found if one.is_fatal], (found, stated[number // 2][0], files[number][1].decode())
