"""The ERP behind a connector as the tests play on it, and the steps that many tests share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import pytest

from portico_erp.connector import Connector, Egress, PinnedAddress
from portico_erp.errors import ConnectorError, ConnectorRejectedError
from portico_erp.values import Address, Page, QuoteLine, QuoteRequest

PAGE = 7
"""An odd small page, so that paging is really tried."""

GROUP = "portico.stages"
"""Entry points: the connector's name → a function `open_stage(folder, live)` that gives a context manager of its stage.

folder: an empty folder of the stage's own. live: play on the real system that the environment names, not on a simulator.
"""


class Stage(Protocol):
    """The ERP behind the connector, as the tests play on it: at least 20 items, one of them with an own price
    for `customer_ref`, and at least one order. Changes are made past the connector, as the company's
    people would; a test takes back what it did to an item, as the tests come in any order.

    invalid: settings that must fail, each with the error that is due. own_price: (item ref, quantity, exact
    price).
    """

    connector: Connector
    egress: Egress
    config: Mapping[str, Any]
    secrets: Mapping[str, str]
    invalid: Sequence[tuple[Mapping[str, Any], Mapping[str, str], type[ConnectorError]]]
    customer_ref: str
    customer_email: str
    item_count: int
    own_price: tuple[str, Decimal, Decimal]

    def set_price(self, ref: str, price: Decimal) -> None: ...

    def retired(self, ref: str) -> AbstractContextManager[None]:
        """Inside, the company does not sell the item any more."""

    def spoil(self, ref: str) -> AbstractContextManager[None]:
        """Inside, the item's price in the ERP is absurd."""

    def price_quote(self, reference: str) -> None:
        """The company prices the quote and says until when it stands."""

    def order_from(self, reference: str) -> str:
        """The company makes an order of the quote; the order's ref."""

    def ship(self, order_ref: str) -> None:
        """All of the order leaves with one delivery."""

    def count_quotes(self, reference: str) -> int: ...

    def losing_the_answer(self, client: Any) -> AbstractContextManager[None]:
        """Inside, a write reaches the ERP and takes effect, and its answer does not come back."""


class FurtherStage(Stage, Protocol):
    """What further capabilities and rules need of a stage; each test asks for what it needs, and is skipped without it."""

    address: tuple[str, int]
    """Where the ERP listens: host and port, for the proxy between it and the connector."""
    speaks_http: bool

    def revise_quote(self, reference: str) -> None:
        """The company says another last day of its priced quote, which a customer has not agreed to."""

    recorder: Any
    """A `portico_erp.conformance.recordings.Recorder`."""

    def behind(self, host: str, port: int) -> Mapping[str, Any]:
        """`config` of a connector that calls the ERP at that place instead."""

    def deleted(self, ref: str) -> AbstractContextManager[None]:
        """Inside, the item is not in the ERP at all."""

    def cancel_order(self, order_ref: str) -> None: ...

    def set_stock(self, ref: str, available: Decimal, expected_on: date | None) -> None: ...

    def invoice_of(self, order_ref: str) -> str:
        """The company bills the whole order; the invoice's ref."""

    def credit(self, invoice_ref: str) -> str:
        """The company credits the whole invoice; the credit note's ref."""

    def pay(self, invoice_ref: str, amount: Decimal) -> str:
        """The company notes a payment of the invoice; the payment's ref."""

    def count_payments(self, reference: str) -> int: ...

    def offer_contract(self) -> str:
        """The company offers the customer `customer_ref` a contract of two lines, with terms, that can be agreed to; its ref."""

    def revise_contract(self, ref: str) -> None:
        """The company says another value of the contract, in whatever state it is."""

    def set_contract(self, ref: str, status: str) -> None:
        """One of ContractStatus."""

    def expire_contract(self, ref: str) -> None:
        """The last day on which the offer could be agreed to is over."""

    def count_contract_answers(self, reference: str) -> int: ...

    def known_destination(self, client: Any) -> Address:
        """An address that the company has of the customer: for one that takes no others."""

    def destination_of(self, reference: str) -> tuple[Address | None, date | None]:
        """Where and when to deliver the quote, as the company has it: of the address, what of it the company keeps."""

    def count_activities(self, reference: str) -> int: ...

    def add_address(self, city: str) -> str:
        """The customer has one more address; its ref."""


class Loopback:
    """An egress guard for stages: every host is this machine. folder: where files are, for those that have any."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    def pin(self, host: str, port: int) -> PinnedAddress:
        return PinnedAddress(host, "127.0.0.1", port)

    def opened(self, host: str) -> bool:
        return True

    def file(self, name: str) -> Path:
        if self.folder is None or Path(name).name != name or not (self.folder / name).is_file():
            raise ConnectorRejectedError("database", "There is no such file.", code="file")
        return self.folder / name


NOT_DECLARED = "is not declared"


def needs(stage: Any, *names: str) -> Any:
    """The stage, if it can do that; else the test is skipped, and what it would prove counts as absent."""
    missing = [name for name in names if not hasattr(stage, name)]
    if missing:
        pytest.skip(f"the stage has no {', '.join(missing)}")
    return stage


def declares(stage: Any, *names: str) -> None:
    """Skips, without harm, what a connector never said it could."""
    missing = sorted(set(names) - stage.connector.capabilities)
    if missing:
        pytest.skip(f"{', '.join(missing)} {NOT_DECLARED}")


def drain(
    read: Callable[[str | None, int], Page[Any]], cursor: str | None = None, limit: int = PAGE
) -> tuple[list[Any], str]:
    """All records until nothing is left for now, and the cursor to go on from."""
    found: list[Any] = []
    for _turn in range(10_000):
        page = read(cursor, limit)
        assert len(page.items) + len(page.problems) <= limit, "a page holds no more than was asked for"
        found.extend(page.items)
        cursor = page.cursor
        if not page.more:
            return found, cursor
    raise AssertionError("the reader never says that it is done")


def new_request(stage: Stage, client: Any) -> QuoteRequest:
    """A quote of two lines under a new reference."""
    refs = [item for item in client.items(None, 1000).items if item.active][:2]
    lines = [
        QuoteLine(
            item.ref, item.name, Decimal("2.5"), item.unit, item.price, item.tax_rate, "ünïcode — عربى"
        )
        for item in refs
    ]
    return QuoteRequest(
        str(uuid.uuid4()),
        stage.customer_ref,
        refs[0].currency,
        lines,
        "A note, with 'quotes' and ناص.",
        datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC),
        "PO-7",
    )


def new_order(stage: Any, client: Any, request: QuoteRequest | None = None) -> str:
    """The ref of a new order of two lines, or of what the request asks for, by way of a quote where the connector takes one."""
    request = request or new_request(stage, client)
    client.submit(request)
    stage.price_quote(request.reference)
    ref: str = stage.order_from(request.reference)
    return ref
