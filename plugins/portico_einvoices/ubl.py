"""A document of EN 16931 as Invoice or CreditNote of UBL 2.1 (ISO/IEC 19845), by the binding of CEN/TS 16931-3-2."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from portico_einvoices.amounts import money, written
from portico_einvoices.codes import SEPA
from portico_einvoices.document import Adjustment, Category, Document, Line, Party, Tax, TypeCode
from portico_einvoices.elements import Elements
from portico_einvoices.elements import written as serialised

SPECIFICATION = "urn:cen.eu:en16931:2017"
_OASIS = "urn:oasis:names:specification:ubl:schema:xsd:"
_make = Elements({"cac": f"{_OASIS}CommonAggregateComponents-2", "cbc": f"{_OASIS}CommonBasicComponents-2"})


def write(document: Document) -> bytes:
    return serialised(_Writing(document).root())


def payment_code(document: Document) -> str:
    """BT-81, of UNTDID 4461: a SEPA transfer in euros, else any credit transfer."""
    account = document.account
    return "58" if account and document.currency == "EUR" and account.iban[:2] in SEPA else "30"


class _Writing:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.is_invoice = document.kind is TypeCode.INVOICE
        self.name = "Invoice" if self.is_invoice else "CreditNote"

    def root(self) -> Any:
        root = _make.root(self.name, f"{_OASIS}{self.name}-2")
        parts: tuple[Callable[[Any], None], ...] = (
            self._head, self._references, self._parties, self._payment, self._adjustments, self._taxes, self._sums, self._lines,
        )  # fmt: skip
        for part in parts:
            part(root)
        return root

    def _money(self, parent: Any, name: str, amount: Decimal) -> None:
        _make.text(parent, name, money(amount), currencyID=self.document.currency)

    def _head(self, root: Any) -> None:
        document = self.document
        _make.text(root, "cbc:CustomizationID", SPECIFICATION)
        _make.text(root, "cbc:ID", document.number)
        _make.text(root, "cbc:IssueDate", document.issued_on.isoformat())
        if self.is_invoice and document.due_on:
            _make.text(root, "cbc:DueDate", document.due_on.isoformat())
        _make.text(root, f"cbc:{self.name}TypeCode", document.kind)
        _make.text(root, "cbc:Note", document.note)
        _make.text(root, "cbc:DocumentCurrencyCode", document.currency)
        _make.text(root, "cbc:BuyerReference", document.buyer_reference)

    def _references(self, root: Any) -> None:
        document = self.document
        if document.order:
            _make.text(_make.group(root, "cac:OrderReference"), "cbc:ID", document.order)
        if document.preceding:
            about = _make.group(root, "cac:BillingReference", "cac:InvoiceDocumentReference")
            _make.text(about, "cbc:ID", document.preceding.number)
            if document.preceding.issued_on:
                _make.text(about, "cbc:IssueDate", document.preceding.issued_on.isoformat())

    def _parties(self, root: Any) -> None:
        _party(_make.group(root, "cac:AccountingSupplierParty", "cac:Party"), self.document.seller)
        _party(_make.group(root, "cac:AccountingCustomerParty", "cac:Party"), self.document.buyer)

    def _payment(self, root: Any) -> None:
        document, account = self.document, self.document.account
        if account:
            means = _make.group(root, "cac:PaymentMeans")
            _make.text(means, "cbc:PaymentMeansCode", payment_code(document))
            _make.text(means, "cbc:PaymentID", document.remittance)
            payee = _make.group(means, "cac:PayeeFinancialAccount")
            _make.text(payee, "cbc:ID", account.iban)
            _make.text(payee, "cbc:Name", account.holder)
            if account.bic:
                _make.text(_make.group(payee, "cac:FinancialInstitutionBranch"), "cbc:ID", account.bic)
        if document.terms:
            _make.text(_make.group(root, "cac:PaymentTerms"), "cbc:Note", document.terms)

    def _adjustment(self, parent: Any, made: Adjustment) -> Any:
        group = _make.group(parent, "cac:AllowanceCharge")
        _make.text(group, "cbc:ChargeIndicator", "true" if made.charge else "false")
        _make.text(group, "cbc:AllowanceChargeReason", made.reason)
        self._money(group, "cbc:Amount", made.amount)
        return group

    def _adjustments(self, root: Any) -> None:
        for made in self.document.adjustments:
            tax = self.document.adjusted_tax
            _category(_make.group(self._adjustment(root, made), "cac:TaxCategory"), tax.category, tax.rate)

    def _taxes(self, root: Any) -> None:
        total = _make.group(root, "cac:TaxTotal")
        self._money(total, "cbc:TaxAmount", self.document.sums.tax)
        for tax in self.document.taxes:
            part = _make.group(total, "cac:TaxSubtotal")
            self._money(part, "cbc:TaxableAmount", tax.base)
            self._money(part, "cbc:TaxAmount", tax.amount)
            _category(_make.group(part, "cac:TaxCategory"), tax.category, tax.rate, tax)

    def _sums(self, root: Any) -> None:
        sums, total = self.document.sums, _make.group(root, "cac:LegalMonetaryTotal")
        self._money(total, "cbc:LineExtensionAmount", sums.lines)
        self._money(total, "cbc:TaxExclusiveAmount", sums.net)
        self._money(total, "cbc:TaxInclusiveAmount", sums.gross)
        if sums.allowances:
            self._money(total, "cbc:AllowanceTotalAmount", sums.allowances)
        if sums.charges:
            self._money(total, "cbc:ChargeTotalAmount", sums.charges)
        if sums.rounding:
            self._money(total, "cbc:PayableRoundingAmount", sums.rounding)
        self._money(total, "cbc:PayableAmount", sums.payable)

    def _lines(self, root: Any) -> None:
        for line in self.document.lines:
            self._line(_make.group(root, f"cac:{self.name}Line"), line)

    def _line(self, group: Any, line: Line) -> None:
        quantity = "cbc:InvoicedQuantity" if self.is_invoice else "cbc:CreditedQuantity"
        _make.text(group, "cbc:ID", line.number)
        _make.text(group, quantity, written(line.quantity), unitCode=line.unit)
        self._money(group, "cbc:LineExtensionAmount", line.net)
        if line.adjustment:
            self._adjustment(group, line.adjustment)
        item = _make.group(group, "cac:Item")
        _make.text(item, "cbc:Name", line.name)
        if line.item:
            _make.text(_make.group(item, "cac:SellersItemIdentification"), "cbc:ID", line.item)
        _category(_make.group(item, "cac:ClassifiedTaxCategory"), line.category, line.rate)
        price = _make.group(group, "cac:Price")
        _make.text(price, "cbc:PriceAmount", written(line.price), currencyID=self.document.currency)
        if line.base != 1:
            _make.text(price, "cbc:BaseQuantity", written(line.base), unitCode=line.unit)


def _category(group: Any, category: Category, rate: Decimal, tax: Tax | None = None) -> None:
    _make.text(group, "cbc:ID", category)
    _make.text(group, "cbc:Percent", written(rate))
    if tax:
        _make.text(group, "cbc:TaxExemptionReasonCode", tax.reason_code)
        _make.text(group, "cbc:TaxExemptionReason", tax.reason)
    _make.text(_make.group(group, "cac:TaxScheme"), "cbc:ID", "VAT")


def _party(group: Any, party: Party) -> None:
    if party.electronic:
        _make.text(group, "cbc:EndpointID", party.electronic.value, schemeID=party.electronic.scheme)
    _address(_make.group(group, "cac:PostalAddress"), party)
    for number, scheme in ((party.vat_id, "VAT"), (party.tax_number, "TAX")):
        if number:
            tax = _make.group(group, "cac:PartyTaxScheme")
            _make.text(tax, "cbc:CompanyID", number)
            _make.text(_make.group(tax, "cac:TaxScheme"), "cbc:ID", scheme)
    legal = _make.group(group, "cac:PartyLegalEntity")
    _make.text(legal, "cbc:RegistrationName", party.name)
    _make.text(legal, "cbc:CompanyID", party.registration)
    if party.contact or party.phone or party.email:
        contact = _make.group(group, "cac:Contact")
        _make.text(contact, "cbc:Name", party.contact)
        _make.text(contact, "cbc:Telephone", party.phone)
        _make.text(contact, "cbc:ElectronicMail", party.email)


def _address(group: Any, party: Party) -> None:
    address = party.address
    first, second, third = three_lines(address.lines)
    _make.text(group, "cbc:StreetName", first)
    _make.text(group, "cbc:AdditionalStreetName", second)
    _make.text(group, "cbc:CityName", address.city)
    _make.text(group, "cbc:PostalZone", address.postcode)
    _make.text(group, "cbc:CountrySubentity", address.region)
    if third:
        _make.text(_make.group(group, "cac:AddressLine"), "cbc:Line", third)
    _make.text(_make.group(group, "cac:Country"), "cbc:IdentificationCode", address.country)


def three_lines(lines: Any) -> tuple[str, str, str]:
    """The norm has three lines of an address: what is beyond stands in the last."""
    given = [one for one in lines if one]
    first, second, *rest = [*given, "", ""]
    return first, second, ", ".join(one for one in rest if one)
