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
    Customer,
    Item,
    Page,
    PriceAnswer,
    QuoteDecision,
    QuoteReceipt,
    QuoteRequest,
    RemoteOrder,
    RemoteQuote,
    SetupReport,
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
class QuoteSubmission(Protocol):
    """Handing a quote to the company, once."""

    def submit(self, request: QuoteRequest) -> QuoteReceipt:
        """Create the quote, or return the receipt of the one that already has `request.reference`.

        After a ConnectorUnavailableError nothing is known; calling again with the same request is right.
        """

    def find_quote(self, reference: str) -> QuoteReceipt | None:
        """The receipt of the quote with the portal's `reference`; None = the company has none."""


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
        with the code "unknown", "state" or "expired".
        """


@runtime_checkable
class Orders(Protocol):
    """Orders with their deliveries."""

    def changed_orders(self, cursor: str | None, limit: int) -> Page[RemoteOrder]:
        """Orders that changed since `cursor` (None = all); a changed delivery changes its order."""

    def order(self, ref: str) -> RemoteOrder | None:
        """One order as it is now; None = the company has none of that ref."""


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
class Setup(Protocol):
    """Preparing an empty database or account for the portal."""

    def set_up(self) -> SetupReport:
        """Make what the connector needs; nothing when it is there already.

        ConnectorRejectedError when the place holds something else: nothing of anybody else's is ever touched.
        """


CAPABILITIES: Mapping[str, type] = {
    "catalogue": Catalogue,
    "prices": Prices,
    "quote_submission": QuoteSubmission,
    "quotes": Quotes,
    "quote_decisions": QuoteDecisions,
    "orders": Orders,
    "customers": Customers,
    "setup": Setup,
}
"""The capabilities of this contract by name; plugins may declare further ones."""

OF_CUSTOMERS = frozenset({"quotes", "orders"})
"""Those whose records each belong to a customer: a customer who is new to the portal needs them from the start."""

MOST_PRICES = 500
"""Items in one question for prices."""
