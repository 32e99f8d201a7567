"""What a connector can be able to do: one protocol per capability, implemented by the client that `open`
returns.

A client implements the protocols of the capabilities its connector declares, and `Check` always. Calls block;
the portal runs them in threads of its own with a time limit (see `portico_erp.deadline`). All raise the three
errors of `portico_erp.errors` and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol, runtime_checkable

from portico.connections.connector import Check as Check
from portico_erp.values import (
    Activity,
    Address,
    Contact,
    ContractAnswer,
    ContractReceipt,
    Customer,
    Document,
    Item,
    Page,
    PaymentPosting,
    PaymentReceipt,
    PriceAnswer,
    PriceBreak,
    QuoteDecision,
    QuoteReceipt,
    QuoteRequest,
    RemoteContract,
    RemoteInvoice,
    RemoteOrder,
    RemotePayment,
    RemoteQuote,
    SetupReport,
    StockAnswer,
)


@runtime_checkable
class Catalogue(Protocol):
    """What the company sells."""

    def items(self, cursor: str | None, limit: int) -> Page[Item]:
        """Items changed since `cursor` (None = all), inactive ones included with `active=False`."""


@runtime_checkable
class Prices(Protocol):
    """What a customer pays, now."""

    def prices(self, customer_ref: str | None, wanted: Sequence[tuple[str, Decimal]]) -> PriceAnswer:
        """Prices of (item ref, quantity) pairs, at most 500. `customer_ref` None = the company's list prices.

        An unknown customer is a ConnectorRejectedError with the field "customer_ref".
        """


@runtime_checkable
class PriceBreaks(Protocol):
    """How a price falls with the quantity."""

    def price_breaks(self, customer_ref: str | None, item_ref: str) -> Sequence[PriceBreak]:
        """The steps that hold today, by rising `min_quantity`, each but once; `customer_ref` as in `prices`.

        For any quantity, the last step that fits says what `prices` answers; below the first there is no price.
        An unknown customer, or an item that is unknown or no longer sold, is a ConnectorRejectedError with the
        field "customer_ref" or "item_ref" and the code "unknown".
        """


@runtime_checkable
class Stock(Protocol):
    """How much is there, now."""

    def stock(self, wanted: Sequence[str]) -> StockAnswer:
        """Levels of these item refs, at most 500. An unknown item is in `missing`, and no error."""


@runtime_checkable
class QuoteSubmission(Protocol):
    """Handing a quote to the company, once."""

    def submit(self, request: QuoteRequest) -> QuoteReceipt:
        """Create the quote, or return the receipt of the one that already has `request.reference`.

        After a ConnectorUnavailableError nothing is known; calling again with the same request is right.
        """

    def find_quote(self, reference: str) -> QuoteReceipt | None:
        """The receipt of the quote with the portal's `reference`; None = the company has none."""


NO_PLACE = "no_place"


@runtime_checkable
class QuoteDestinations(QuoteSubmission, Protocol):
    """A facet of `quote_submission`, with no method of its own: `submit` keeps `delivery_address` and `wanted_on` as fields.

    Whoever has no place for what one of them says, this time or ever, writes nothing and raises a ConnectorRejectedError with the
    code NO_PLACE and that field. The portal then sends the quote without it, and says it in the note.
    """


@runtime_checkable
class Quotes(Protocol):
    """What became of quotes, the company's own ones included."""

    def changed_quotes(self, cursor: str | None, limit: int) -> Page[RemoteQuote]:
        """Quotes changed since `cursor` (None = all)."""


@runtime_checkable
class QuoteDecisions(Protocol):
    """Handing the customer's answer to the company."""

    def decide(self, decision: QuoteDecision) -> QuoteReceipt:
        """Accept or decline a priced quote. The same answer given again changes nothing and is no error.

        A quote that is unknown, not priced (any more), expired, or answered otherwise is a ConnectorRejectedError
        with the code "unknown", "state" or "expired"; one that is priced otherwise than `decision.agreed` says, "changed"
        (`portico_erp.agreement`). That is looked at in the statement or transaction that takes the answer, where the company's
        system has such.
        """


@runtime_checkable
class Orders(Protocol):
    """Orders with their deliveries."""

    def changed_orders(self, cursor: str | None, limit: int) -> Page[RemoteOrder]:
        """Orders that changed since `cursor` (None = all); a changed delivery changes its order."""

    def order(self, ref: str) -> RemoteOrder | None:
        """One order as it is now; None = the company has none of that ref."""


@runtime_checkable
class Deliveries(Orders, Protocol):
    """A facet of `orders`, with no method of its own: what `RemoteOrder.deliveries` holds is all there is.

    Without it the list is empty whatever was sent, and the portal shows an order's status alone.
    """


@runtime_checkable
class Contracts(Protocol):
    """What is agreed with customers for longer than one order."""

    def changed_contracts(self, cursor: str | None, limit: int) -> Page[RemoteContract]:
        """Contracts changed since `cursor` (None = all), drafts included: an offer that is taken back becomes one."""

    def contract(self, ref: str) -> RemoteContract | None:
        """One as it is now; None = the company has none of that ref."""


@runtime_checkable
class ContractAnswers(Protocol):
    """Handing the customer's answer to an offered contract to the company, once."""

    def answer_contract(self, answer: ContractAnswer) -> ContractReceipt:
        """Agree to the contract or decline it, or return the receipt of the one that was answered by `answer.reference`.

        After a ConnectorUnavailableError nothing is known; calling again with the same answer is right. A contract that is
        unknown, not offered (any more), past the last day of its offer (for an agreement), or offered otherwise than
        `answer.version` says is a ConnectorRejectedError with the code "unknown", "state", "expired" or "changed". That is looked
        at in the transaction that takes the answer.
        The last day is over by `answer.answered_at`, not by when the answer arrives, and in every time zone: a day is granted.
        A receipt whose status is offered says that the contract was answered so, and is offered anew by now.
        """


@runtime_checkable
class Invoices(Protocol):
    """Invoices and credit notes that were issued; drafts never come."""

    def changed_invoices(self, cursor: str | None, limit: int) -> Page[RemoteInvoice]:
        """Those changed since `cursor` (None = all); a payment changes the invoices that it settles."""

    def invoice(self, ref: str) -> RemoteInvoice | None:
        """One as it is now; None = the company has none of that ref, or it is a draft."""


@runtime_checkable
class InvoiceDocuments(Protocol):
    """The paper of an invoice."""

    def invoice_document(self, ref: str) -> Document:
        """The document of one invoice or credit note, as the company would send it.

        ConnectorRejectedError with the code "unknown" (field "ref") when there is no such invoice, "no_document" when it has
        none, "document" when what the company gave is no Document (too large, or not what it says).
        """


@runtime_checkable
class Payments(Protocol):
    """What was paid, however it was."""

    def changed_payments(self, cursor: str | None, limit: int) -> Page[RemotePayment]:
        """Payments changed since `cursor` (None = all)."""


@runtime_checkable
class PaymentPostings(Protocol):
    """Handing a payment made in the portal to the company, once."""

    def post_payment(self, posting: PaymentPosting) -> PaymentReceipt:
        """Book the payment and settle its invoices, or return the receipt of the one that already has
        `posting.reference`.

        After a ConnectorUnavailableError nothing is known; calling again with the same posting is right.
        ConnectorRejectedError: the field "customer_ref", "currency" or "allocations.N" with the code "unknown" for
        what the company does not have (another customer's invoice among it), "state" for an invoice that takes no
        such payment. Then nothing was booked.
        """

    def find_payment(self, reference: str) -> PaymentReceipt | None:
        """The receipt of the payment with the portal's `reference`; None = the company has none."""


@runtime_checkable
class Customers(Protocol):
    """The company's customers."""

    def find_customer(
        self, *, code: str | None = None, email: str | None = None, claim_code: str | None = None
    ) -> Customer | None:
        """The active customer with this code, or the only one with this e-mail address or claim code (both in
        any case).
        """

    def changed_customers(self, cursor: str | None, limit: int) -> Page[Customer]:
        """Customers changed since `cursor` (None = all)."""


@runtime_checkable
class Addresses(Protocol):
    """Where a customer is."""

    def addresses(self, customer_ref: str) -> Sequence[Address]:
        """All addresses in use, each with its ref. ConnectorRejectedError (field "customer_ref", code "unknown")."""


@runtime_checkable
class AddressUpdates(Addresses, Protocol):
    """Handing an address to the company."""

    def push_address(self, customer_ref: str, address: Address) -> str:
        """Change the address of that ref, or add one that has none; the ref of the address.

        Once: an address with no ref is the one of its reference where the company's system keeps that, or else the one of the
        customer's that equals it in all but ref and reference. A ref that is not one of the customer's is a
        ConnectorRejectedError with the field "address.ref" and the code "unknown"; what the company does not take names its
        field ("address.country").
        """

    def remove_address(self, customer_ref: str, address_ref: str) -> None:
        """The customer does not use it any more: `addresses` does not name it. One that is not there is no error."""


@runtime_checkable
class ContactUpdates(Protocol):
    """Whom the company asks for at a customer."""

    def contact(self, customer_ref: str) -> Contact:
        """As the company has it. ConnectorRejectedError (field "customer_ref", code "unknown")."""

    def push_contact(self, customer_ref: str, contact: Contact) -> None:
        """Have the company keep this instead. The same again changes nothing. Unknown customers as in `contact`."""


@runtime_checkable
class Activities(Protocol):
    """Noting in the company's own records what happened in the portal."""

    def log_activity(self, activity: Activity) -> str:
        """Note it, or find the one that already has `activity.reference`; the company's ref of it.

        After a ConnectorUnavailableError nothing is known; calling again is right. An unknown customer is a
        ConnectorRejectedError with the field "customer_ref" and the code "unknown".
        """


@runtime_checkable
class Setup(Protocol):
    """Preparing an empty database or account for the portal."""

    def set_up(self) -> SetupReport:
        """Make what the connector needs; nothing when it is there already.

        ConnectorRejectedError when the place holds something else: nothing of anybody else's is ever touched.
        """


CAPABILITIES: Mapping[str, type] = {
    "catalogue": Catalogue,
    "prices": Prices,
    "price_breaks": PriceBreaks,
    "stock": Stock,
    "quote_submission": QuoteSubmission,
    "quote_destinations": QuoteDestinations,
    "quotes": Quotes,
    "quote_decisions": QuoteDecisions,
    "orders": Orders,
    "deliveries": Deliveries,
    "contracts": Contracts,
    "contract_answers": ContractAnswers,
    "invoices": Invoices,
    "invoice_documents": InvoiceDocuments,
    "payments": Payments,
    "payment_posting": PaymentPostings,
    "customers": Customers,
    "addresses": Addresses,
    "address_updates": AddressUpdates,
    "contact_updates": ContactUpdates,
    "activities": Activities,
    "setup": Setup,
}
"""The capabilities of this contract by name; plugins may declare further ones."""

REQUIRES: Mapping[str, frozenset[str]] = {
    "deliveries": frozenset({"orders"}),
    "quote_decisions": frozenset({"quotes"}),
    "quote_destinations": frozenset({"quote_submission"}),
    "price_breaks": frozenset({"prices"}),
    "contract_answers": frozenset({"contracts"}),
    "invoice_documents": frozenset({"invoices"}),
    "address_updates": frozenset({"addresses"}),
}
"""Capabilities that say more about another's records: who declares one declares what it requires. A facet, as `deliveries` is,
adds no method: its protocol is that of the capability it belongs to.
"""

OF_CUSTOMERS = frozenset({"quotes", "orders", "contracts", "invoices", "payments"})
"""Those whose records each belong to a customer: a customer who is new to the portal needs them from the start."""

MOST_PRICES = 500
"""Items in one question for prices."""

MOST_STOCK = 500
"""Items in one question for stock."""
