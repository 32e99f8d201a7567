"""What the company's system billed becomes a document of EN 16931 to the cent, or is refused in words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.unit.portico_einvoices.invoices import ADDRESS, AT_HOME, BUYER, SELLER, composed, invoice, line

from portico_einvoices.composing import compose
from portico_einvoices.document import Category, Party, TypeCode
from portico_einvoices.errors import InvoiceNotStatedError
from portico_erp.values import InvoiceKind, InvoiceLine, InvoiceStatus, RemoteInvoice, Totals


def refused(given: RemoteInvoice, seller: object = SELLER, buyer: object = AT_HOME) -> set[str]:
    with pytest.raises(InvoiceNotStatedError) as raised:
        compose(given, seller, buyer, str)  # type: ignore[arg-type]
    assert all(str(one.message) for one in raised.value.reasons)
    return {one.code for one in raised.value.reasons}


def billed(net: str, tax: str, gross: str) -> Totals:
    return Totals(Decimal(net), Decimal(tax), Decimal(gross))


def test_amounts_are_those_that_were_billed() -> None:
    made = composed(invoice(line("2", "10.55", "19"), line("3", "100", "7")))
    assert [(one.rate, one.base, one.amount) for one in made.taxes] == [
        (Decimal(19), Decimal("21.10"), Decimal("4.01")),
        (Decimal(7), Decimal("300.00"), Decimal("21.00")),
    ]
    assert (made.sums.lines, made.sums.net, made.sums.tax) == (Decimal("321.10"), Decimal("321.10"), Decimal("25.01"))
    assert made.sums.payable == made.sums.gross == Decimal("346.11")


def test_price_is_never_negative_so_the_quantity_takes_its_sign() -> None:
    made = composed(invoice(line("10", "5", "19"), line("2", "-3.50", "19")))
    assert (made.lines[1].quantity, made.lines[1].price, made.lines[1].net) == (-2, Decimal("3.50"), Decimal("-7.00"))


def test_price_with_more_decimals_is_for_a_larger_base_quantity() -> None:
    made = composed(invoice(line("1000", "0.0125", "19")))
    assert (made.lines[0].price, made.lines[0].base, made.lines[0].net) == (Decimal("1.25"), 100, Decimal("12.50"))
    whole = composed(invoice(line("1", "1.2000", "19")))
    assert (whole.lines[0].price, whole.lines[0].base) == (Decimal("1.2"), 1)


@pytest.mark.parametrize(("total", "amount", "charge", "reason"), [("90", "10", False, "Discount"), ("112", "12", True, "Surcharge"), ("100.02", "0.02", True, "Rounding")])
def test_what_a_line_has_beside_quantity_and_price_is_said(total: str, amount: str, charge: bool, reason: str) -> None:
    made = composed(invoice(line("10", "10", "19", total))).lines[0].adjustment
    assert made is not None
    assert (made.amount, made.charge, made.reason) == (Decimal(amount), charge, reason)


def test_discount_of_the_whole_is_an_allowance_where_one_rate_is() -> None:
    made = composed(invoice(line("10", "10", "19"), billed=billed("90", "17.10", "107.10")))
    assert (made.sums.lines, made.sums.allowances, made.sums.net) == (100, 10, 90)
    assert made.taxes[0].base == 90
    several = invoice(line("10", "10", "19"), line("1", "10", "7"), billed=billed("100", "19.70", "119.70"))
    assert refused(several) == {"net_differs", "tax_differs"}


def test_tax_that_was_rounded_by_line_is_kept() -> None:
    lines = [line("1", "0.03", "19"), line("1", "0.03", "19"), line("1", "0.13", "7"), line("1", "0.13", "7")]
    by_line = invoice(*lines, billed=billed("0.32", "0.04", "0.36"))
    assert {one.rate: one.amount for one in composed(by_line).taxes} == {19: Decimal("0.02"), 7: Decimal("0.02")}
    once = invoice(*lines)
    assert once.totals.tax == Decimal("0.03")
    assert composed(once).sums.tax == Decimal("0.03")


def test_tax_that_no_rounding_gives_is_refused() -> None:
    assert refused(invoice(line("1", "100", "19"), billed=billed("100", "18.50", "118.50"))) == {"tax_differs"}
    assert refused(invoice(line("1", "100", "19"), billed=billed("100", "25", "125"))) == {"tax_differs"}


def test_rounding_of_what_is_to_be_paid_is_stated_and_more_is_refused() -> None:
    made = composed(invoice(line("1", "10", "19"), billed=billed("10", "1.90", "11.95")))
    assert (made.sums.gross, made.sums.rounding, made.sums.payable) == (Decimal("11.90"), Decimal("0.05"), Decimal("11.95"))
    assert refused(invoice(line("1", "10", "19"), billed=billed("10", "1.90", "13"))) == {"gross_differs"}


def test_currency_without_decimals_is_rounded_to_its_unit() -> None:
    yen = [InvoiceLine("A", "Pane", Decimal(3), "", Decimal(335), Decimal(8), Decimal(1005))]
    made = composed(invoice(*yen, currency="JPY"))
    assert (made.taxes[0].amount, made.sums.payable) == (80, 1085)


def test_currency_with_three_decimals_is_stated_where_two_are_enough() -> None:
    dinars = [InvoiceLine("A", "Pane", Decimal(1), "", Decimal("10"), Decimal(0), Decimal("10.000"))]
    assert composed(invoice(*dinars, currency="KWD")).sums.payable == 10
    exact = [replace(dinars[0], total=Decimal("10.005"), unit_price=Decimal("10.005"))]
    assert refused(invoice(*exact, currency="KWD")) == {"decimals"}


def test_rate_of_zero_means_what_the_company_said() -> None:
    free = invoice(line("1", "10", "0"))
    assert composed(free).taxes[0].category is Category.ZERO
    abroad = composed(free, buyer=BUYER).taxes[0]
    assert (abroad.category, abroad.reason, abroad.reason_code) == (Category.REVERSE_CHARGE, "Reverse charge", "VATEX-EU-AE")
    exempt = replace(SELLER, zero_home=Category.EXEMPT, exemption="§ 19 UStG")
    assert composed(free, exempt).taxes[0].reason == "§ 19 UStG"
    assert refused(free, replace(SELLER, zero_home=None)) == {"zero_rate"}
    assert refused(free, replace(exempt, exemption="")) == {"seller_exemption"}
    assert refused(free, buyer=replace(BUYER, vat_id="")) == {"buyer_vat_id"}
    exports = replace(SELLER, zero_abroad=Category.EXPORT)
    assert composed(free, exports, BUYER).taxes[0].reason_code == "VATEX-EU-G"
    without = replace(exports, party=replace(exports.party, vat_id="", tax_number="1/2"))
    assert refused(free, without, BUYER) == {"seller_vat_id"}


def test_credit_note_names_its_invoice_and_asks_for_no_payment() -> None:
    from portico_einvoices.document import Preceding

    made = composed(invoice(line("1", "10", "19"), kind=InvoiceKind.CREDIT_NOTE, due_on=None), preceding=Preceding("INV-1"))
    assert (made.kind, made.preceding, made.account, made.due_on) == (TypeCode.CREDIT_NOTE, Preceding("INV-1"), None, None)
    assert made.terms


def test_what_is_missing_is_said_all_at_once() -> None:
    nobody = Party("", replace(ADDRESS, country=""))
    empty = invoice(due_on=None, number="\x01")
    assert refused(empty, replace(SELLER, party=nobody, account=None), nobody) == {
        "seller_name", "seller_country", "seller_tax", "buyer_name", "buyer_country", "no_lines", "no_number",
    }  # fmt: skip
    assert refused(invoice(line("1", "1", "19"), due_on=None)) == {"no_due_day"}
    assert refused(invoice(line("1", "1", "19"), status=InvoiceStatus.CANCELLED)) == {"cancelled"}
    assert refused(invoice(line("1", "1", "19", name="\x02"))) == {"line_name"}
    assert refused(invoice(line("1", "1", "19"), line("0.0000000000000000001", "1", "19"))) == {"line_digits"}
    assert refused(invoice(line("1", "1000", "0.3"))) == {"tax_rate"}


def test_terms_stand_in_for_a_day() -> None:
    made = composed(invoice(line("1", "1", "19"), due_on=None), replace(SELLER, terms="30 days net"))
    assert (made.due_on, made.terms) == (None, "30 days net")
    assert composed(invoice(line("1", "1", "19")), replace(SELLER, terms="30 days net")).terms == ""


def test_seller_is_checked_again_where_it_is_used() -> None:
    wrong = replace(SELLER, account=replace(SELLER.account, iban="DE00370400440532013000"))  # type: ignore[type-var]
    assert refused(invoice(line("1", "1", "19")), wrong) == {"seller_iban"}
    without_register = replace(SELLER, party=replace(SELLER.party, vat_id="", registration="", tax_number="12/345"))
    assert refused(invoice(line("1", "1", "19")), without_register) == {"seller_registration"}
    odd = replace(SELLER, party=replace(SELLER.party, vat_id="ZZ1234"))
    assert refused(invoice(line("1", "1", "19")), odd) == {"seller_vat_id"}
