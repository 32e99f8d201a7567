"""Makes an invoice of the company's system a document of EN 16931, or says why it cannot be one.

Nothing that is to be paid is changed: where the norm would compute another amount, there is no document. What a line's total or
the net sum has more or less than quantities and prices give is stated as what it is, an allowance or a charge.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from portico_einvoices import taxes, units
from portico_einvoices.amounts import CENT, exact, is_cents, is_short, rounded, unit_of
from portico_einvoices.document import Adjustment, Category, Document, Line, Party, Preceding, Sums, TypeCode
from portico_einvoices.errors import InvoiceNotStatedError, Reason
from portico_einvoices.i18n import _
from portico_einvoices.seller import COUNTRIES, Seller
from portico_einvoices.texts import clean, line
from portico_erp.currencies import DECIMALS
from portico_erp.values import InvoiceKind, InvoiceLine, InvoiceStatus, RemoteInvoice

Say = Callable[[Any], str]
_MOST_BASE = 4
"""Decimals that a price may lose to its base quantity: at most 0.000123 for one is 1.23 for 10,000."""
_SMALL = Decimal("0.05")
"""Up to this, what a line's total differs by is called rounding."""


def compose(
    invoice: RemoteInvoice, seller: Seller, buyer: Party, say: Say, preceding: Preceding | None = None, reference: str = ""
) -> Document:
    """say: writes the few words of ours in the document's language. preceding: what a credit note is about, if that is known.
    reference: BT-10, what the buyer wants to find on its invoices. Raises InvoiceNotStatedError."""
    with exact():
        return _Composing(invoice, seller, buyer, say).document(preceding, reference)


class _Composing:
    """One invoice on its way; `reasons` grows by what is wrong with it."""

    def __init__(self, invoice: RemoteInvoice, seller: Seller, buyer: Party, say: Say) -> None:
        self.invoice, self.seller, self.buyer, self.say = invoice, seller, buyer, say
        self.unit = unit_of(invoice.currency)
        self.reasons: list[Reason] = []

    def document(self, preceding: Preceding | None, reference: str) -> Document:
        self._check()
        lines = [made for number, one in enumerate(self.invoice.lines, 1) if (made := self._line(str(number), one))]
        self._stop()
        adjustments = self._adjustments(lines)
        bases = self._bases(lines, adjustments)
        self.reasons += taxes.problems(bases, self.seller, self.buyer)
        amounts = taxes.amounts(bases, lines, self.invoice.totals.tax, self.unit)
        if amounts is None:
            self._tell("tax_differs", _("The tax is not what the lines with their rates give, however it is rounded."))
        sums = self._sums(lines, adjustments)
        self._stop()
        assert amounts is not None
        is_invoice = self.invoice.kind is InvoiceKind.INVOICE
        return Document(
            kind=TypeCode.INVOICE if is_invoice else TypeCode.CREDIT_NOTE,
            number=line(self.invoice.number),
            issued_on=self.invoice.issued_on,
            due_on=self.invoice.due_on if is_invoice else None,
            currency=self.invoice.currency,
            seller=self.seller.party,
            buyer=self.buyer,
            lines=lines,
            taxes=taxes.breakdown(bases, amounts, self.seller, self.say(_("Reverse charge"))),
            sums=sums,
            adjustments=adjustments,
            account=self.seller.account if is_invoice else None,
            preceding=preceding,
            buyer_reference=line(reference),
            order=line(self.invoice.po_number),
            terms=self._terms() if is_invoice else self.say(_("To be offset or paid back")),
            note=clean(self.invoice.note),
            remittance=line(self.invoice.number) if is_invoice else "",
        )

    def _tell(self, code: str, message: Any) -> None:
        self.reasons.append(Reason(code, message))

    def _stop(self) -> None:
        if self.reasons:
            raise InvoiceNotStatedError(self.reasons)

    def _check(self) -> None:
        invoice, totals = self.invoice, self.invoice.totals
        self.reasons += self.seller.missing()
        if not self.buyer.name:
            self._tell("buyer_name", _("The customer's name is missing."))
        if self.buyer.address.country not in COUNTRIES:
            self._tell("buyer_country", _("The country of the customer's address is missing."))
        if invoice.status is InvoiceStatus.CANCELLED:
            self._tell("cancelled", _("The invoice is cancelled."))
        if not invoice.lines:
            self._tell("no_lines", _("The invoice has no lines."))
        if not line(invoice.number):
            self._tell("no_number", _("The invoice has no number."))
        if invoice.kind is InvoiceKind.INVOICE and totals.gross > 0 and invoice.due_on is None and not self.seller.terms:
            self._tell("no_due_day", _("The invoice does not say by when it is to be paid, nor do the company's terms."))
        if not all(map(is_cents, (totals.net, totals.tax, totals.gross))) or self._has_thousandths():
            self._tell("decimals", _("An amount has more than two decimals, which the European norm does not know."))

    def _has_thousandths(self) -> bool:
        """Of a currency that really has them: then no line may be rounded."""
        return DECIMALS[self.invoice.currency] > 2 and not all(is_cents(one.total) for one in self.invoice.lines)

    def _line(self, number: str, remote: InvoiceLine) -> Line | None:
        """A price is never negative (BR-27), so the quantity takes the sign."""
        sign = -1 if remote.unit_price < 0 else 1
        quantity, price = sign * remote.quantity, sign * remote.unit_price
        found = taxes.category(remote.tax_rate, self.seller, self.buyer)
        where = {"number": number}
        if found is None:
            self._zero_rate()
        if not line(remote.name):
            self._tell("line_name", _("Line ${number} has no name.", mapping=where))
        if not all(map(is_short, (quantity, price, remote.tax_rate))):
            self._tell("line_digits", _("A quantity or price of line ${number} has too many digits.", mapping=where))
        if found is None:
            return None
        net = rounded(remote.total, self.unit)
        adjustment = self._adjustment(net - rounded(quantity * price, self.unit))
        shift = _shift(price)
        return Line(
            number, line(remote.ref), line(remote.name), quantity, units.code(remote.unit), price.scaleb(shift),
            Decimal(1).scaleb(shift), net, found, remote.tax_rate, adjustment,
        )  # fmt: skip

    def _zero_rate(self) -> None:
        if not any(one.code == "zero_rate" for one in self.reasons):
            self._tell("zero_rate", _("The company has not said what a tax rate of zero means for this customer."))

    def _adjustment(self, difference: Decimal) -> Adjustment | None:
        if not difference:
            return None
        small = _("Rounding") if abs(difference) <= _SMALL else None
        return Adjustment(
            abs(difference), difference > 0, self.say(small or (_("Surcharge") if difference > 0 else _("Discount")))
        )

    def _adjustments(self, lines: list[Line]) -> list[Adjustment]:
        """What the whole has beside its lines. With several rates nobody can tell which of them it belongs to."""
        made = self._adjustment(self.invoice.totals.net - sum((one.net for one in lines), Decimal(0)))
        if made is None:
            return []
        if len({(one.category, one.rate) for one in lines}) > 1:
            self._tell("net_differs", _("The lines do not add up to the net amount, and it cannot be told at which tax rate."))
        return [made]

    def _bases(self, lines: list[Line], adjustments: list[Adjustment]) -> dict[taxes.Group, Decimal]:
        bases: dict[tuple[Category, Decimal], Decimal] = {}
        for one in lines:
            bases[one.category, one.rate] = bases.get((one.category, one.rate), Decimal(0)) + one.net
        for made in adjustments:
            bases[next(iter(bases))] += made.amount if made.charge else -made.amount
        return bases

    def _sums(self, lines: list[Line], adjustments: list[Adjustment]) -> Sums:
        """BR-CO-10, BR-CO-13, BR-CO-15, BR-CO-16. What is paid by now is no matter of the invoice."""
        totals = self.invoice.totals
        gross = totals.net + totals.tax
        rounding = totals.gross - gross
        if abs(rounding) >= 1:
            self._tell("gross_differs", _("Net amount and tax do not add up to the amount to be paid."))
        return Sums(
            lines=sum((one.net for one in lines), Decimal(0)),
            allowances=sum((one.amount for one in adjustments if not one.charge), Decimal(0)),
            charges=sum((one.amount for one in adjustments if one.charge), Decimal(0)),
            net=totals.net,
            tax=totals.tax,
            gross=gross,
            rounding=rounding,
            payable=totals.gross,
        )

    def _terms(self) -> str:
        return "" if self.invoice.due_on else clean(self.seller.terms)


def _shift(price: Decimal) -> int:
    """By how many decimals a price is moved into its base quantity, so that it has two: some readers keep no more of a price."""
    if price == price.quantize(CENT):
        return 0
    exponent = price.normalize().as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    return decimals - 2 if decimals - 2 <= _MOST_BASE else 0
