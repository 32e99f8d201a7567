"""A document of EN 16931 as Cross Industry Invoice of UN/CEFACT, by the binding of CEN/TS 16931-3-3: the XML in a Factur-X."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from portico_einvoices.amounts import money, written
from portico_einvoices.document import Adjustment, Category, Document, Line, Party, Tax
from portico_einvoices.elements import Elements
from portico_einvoices.elements import written as serialised
from portico_einvoices.ubl import SPECIFICATION, payment_code, three_lines

_CEFACT = "urn:un:unece:uncefact:data:standard:"
_make = Elements(
    {
        "rsm": f"{_CEFACT}CrossIndustryInvoice:100",
        "ram": f"{_CEFACT}ReusableAggregateBusinessInformationEntity:100",
        "qdt": f"{_CEFACT}QualifiedDataType:100",
        "udt": f"{_CEFACT}UnqualifiedDataType:100",
    }
)


def write(document: Document) -> bytes:
    root = _make.root("rsm:CrossIndustryInvoice")
    profile = _make.group(root, "rsm:ExchangedDocumentContext", "ram:GuidelineSpecifiedDocumentContextParameter")
    _make.text(profile, "ram:ID", SPECIFICATION)
    head = _make.group(root, "rsm:ExchangedDocument")
    _make.text(head, "ram:ID", document.number)
    _make.text(head, "ram:TypeCode", document.kind)
    _day(_make.group(head, "ram:IssueDateTime"), document.issued_on)
    if document.note:
        _make.text(_make.group(head, "ram:IncludedNote"), "ram:Content", document.note)
    transaction = _make.group(root, "rsm:SupplyChainTradeTransaction")
    for line in document.lines:
        _line(_make.group(transaction, "ram:IncludedSupplyChainTradeLineItem"), line)
    _agreement(_make.group(transaction, "ram:ApplicableHeaderTradeAgreement"), document)
    _make.group(transaction, "ram:ApplicableHeaderTradeDelivery")
    _settlement(_make.group(transaction, "ram:ApplicableHeaderTradeSettlement"), document)
    return serialised(root)


def _day(group: Any, day: date, name: str = "udt:DateTimeString") -> None:
    """In form 102 of UNTDID 2379: YYYYMMDD."""
    _make.text(group, name, day.isoformat().replace("-", ""), format="102")


def _line(group: Any, line: Line) -> None:
    _make.text(_make.group(group, "ram:AssociatedDocumentLineDocument"), "ram:LineID", line.number)
    product = _make.group(group, "ram:SpecifiedTradeProduct")
    _make.text(product, "ram:SellerAssignedID", line.item)
    _make.text(product, "ram:Name", line.name)
    price = _make.group(group, "ram:SpecifiedLineTradeAgreement", "ram:NetPriceProductTradePrice")
    _make.text(price, "ram:ChargeAmount", written(line.price))
    if line.base != 1:
        _make.text(price, "ram:BasisQuantity", written(line.base), unitCode=line.unit)
    delivery = _make.group(group, "ram:SpecifiedLineTradeDelivery")
    _make.text(delivery, "ram:BilledQuantity", written(line.quantity), unitCode=line.unit)
    settlement = _make.group(group, "ram:SpecifiedLineTradeSettlement")
    _category(_make.group(settlement, "ram:ApplicableTradeTax"), line.category, line.rate)
    if line.adjustment:
        _adjustment(settlement, line.adjustment)
    total = _make.group(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    _make.text(total, "ram:LineTotalAmount", money(line.net))


def _agreement(group: Any, document: Document) -> None:
    _make.text(group, "ram:BuyerReference", document.buyer_reference)
    _party(_make.group(group, "ram:SellerTradeParty"), document.seller)
    _party(_make.group(group, "ram:BuyerTradeParty"), document.buyer)
    if document.order:
        _make.text(_make.group(group, "ram:BuyerOrderReferencedDocument"), "ram:IssuerAssignedID", document.order)


def _party(group: Any, party: Party) -> None:
    _make.text(group, "ram:Name", party.name)
    if party.registration:
        _make.text(_make.group(group, "ram:SpecifiedLegalOrganization"), "ram:ID", party.registration)
    if party.contact or party.phone or party.email:
        contact = _make.group(group, "ram:DefinedTradeContact")
        _make.text(contact, "ram:PersonName", party.contact)
        if party.phone:
            _make.text(_make.group(contact, "ram:TelephoneUniversalCommunication"), "ram:CompleteNumber", party.phone)
        if party.email:
            _make.text(_make.group(contact, "ram:EmailURIUniversalCommunication"), "ram:URIID", party.email)
    _address(_make.group(group, "ram:PostalTradeAddress"), party)
    if party.electronic:
        reached = _make.group(group, "ram:URIUniversalCommunication")
        _make.text(reached, "ram:URIID", party.electronic.value, schemeID=party.electronic.scheme)
    for number, scheme in ((party.vat_id, "VA"), (party.tax_number, "FC")):
        if number:
            _make.text(_make.group(group, "ram:SpecifiedTaxRegistration"), "ram:ID", number, schemeID=scheme)


def _address(group: Any, party: Party) -> None:
    address = party.address
    first, second, third = three_lines(address.lines)
    _make.text(group, "ram:PostcodeCode", address.postcode)
    _make.text(group, "ram:LineOne", first)
    _make.text(group, "ram:LineTwo", second)
    _make.text(group, "ram:LineThree", third)
    _make.text(group, "ram:CityName", address.city)
    _make.text(group, "ram:CountryID", address.country)
    _make.text(group, "ram:CountrySubDivisionName", address.region)


def _settlement(group: Any, document: Document) -> None:
    _make.text(group, "ram:PaymentReference", document.remittance)
    _make.text(group, "ram:InvoiceCurrencyCode", document.currency)
    parts: tuple[Callable[[Any, Document], None], ...] = (_payment, _taxes, _adjustments, _terms, _sums, _preceding)
    for part in parts:
        part(group, document)


def _payment(group: Any, document: Document) -> None:
    account = document.account
    if account is None:
        return
    means = _make.group(group, "ram:SpecifiedTradeSettlementPaymentMeans")
    _make.text(means, "ram:TypeCode", payment_code(document))
    payee = _make.group(means, "ram:PayeePartyCreditorFinancialAccount")
    _make.text(payee, "ram:IBANID", account.iban)
    _make.text(payee, "ram:AccountName", account.holder)
    if account.bic:
        _make.text(_make.group(means, "ram:PayeeSpecifiedCreditorFinancialInstitution"), "ram:BICID", account.bic)


def _taxes(group: Any, document: Document) -> None:
    for tax in document.taxes:
        _tax(_make.group(group, "ram:ApplicableTradeTax"), tax)


def _tax(group: Any, tax: Tax) -> None:
    _make.text(group, "ram:CalculatedAmount", money(tax.amount))
    _make.text(group, "ram:TypeCode", "VAT")
    _make.text(group, "ram:ExemptionReason", tax.reason)
    _make.text(group, "ram:BasisAmount", money(tax.base))
    _make.text(group, "ram:CategoryCode", tax.category)
    _make.text(group, "ram:ExemptionReasonCode", tax.reason_code)
    _make.text(group, "ram:RateApplicablePercent", written(tax.rate))


def _category(group: Any, category: Category, rate: Decimal) -> None:
    _make.text(group, "ram:TypeCode", "VAT")
    _make.text(group, "ram:CategoryCode", category)
    _make.text(group, "ram:RateApplicablePercent", written(rate))


def _adjustment(parent: Any, made: Adjustment) -> Any:
    group = _make.group(parent, "ram:SpecifiedTradeAllowanceCharge")
    _make.text(_make.group(group, "ram:ChargeIndicator"), "udt:Indicator", "true" if made.charge else "false")
    _make.text(group, "ram:ActualAmount", money(made.amount))
    _make.text(group, "ram:Reason", made.reason)
    return group


def _adjustments(group: Any, document: Document) -> None:
    for made in document.adjustments:
        tax = document.adjusted_tax
        _category(_make.group(_adjustment(group, made), "ram:CategoryTradeTax"), tax.category, tax.rate)


def _terms(group: Any, document: Document) -> None:
    if not (document.terms or document.due_on):
        return
    terms = _make.group(group, "ram:SpecifiedTradePaymentTerms")
    _make.text(terms, "ram:Description", document.terms)
    if document.due_on:
        _day(_make.group(terms, "ram:DueDateDateTime"), document.due_on)


def _sums(group: Any, document: Document) -> None:
    sums = document.sums
    total = _make.group(group, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    told: tuple[tuple[str, Decimal, bool], ...] = (
        ("ram:LineTotalAmount", sums.lines, True),
        ("ram:ChargeTotalAmount", sums.charges, bool(sums.charges)),
        ("ram:AllowanceTotalAmount", sums.allowances, bool(sums.allowances)),
        ("ram:TaxBasisTotalAmount", sums.net, True),
    )
    for name, amount, is_told in told:
        if is_told:
            _make.text(total, name, money(amount))
    _make.text(total, "ram:TaxTotalAmount", money(sums.tax), currencyID=document.currency)
    if sums.rounding:
        _make.text(total, "ram:RoundingAmount", money(sums.rounding))
    _make.text(total, "ram:GrandTotalAmount", money(sums.gross))
    _make.text(total, "ram:DuePayableAmount", money(sums.payable))


def _preceding(group: Any, document: Document) -> None:
    about = document.preceding
    if about is None:
        return
    reference = _make.group(group, "ram:InvoiceReferencedDocument")
    _make.text(reference, "ram:IssuerAssignedID", about.number)
    if about.issued_on:
        _day(_make.group(reference, "ram:FormattedIssueDateTime"), about.issued_on, "qdt:DateTimeString")
