"""What holds of every incremental reader, whatever it reads."""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest

from portico_erp.conformance.stage import PAGE, Stage, drain, needs, new_order, new_request
from portico_erp.errors import ConnectorRejectedError

READERS = {
    "catalogue": "items",
    "quotes": "changed_quotes",
    "orders": "changed_orders",
    "contracts": "changed_contracts",
    "customers": "changed_customers",
    "invoices": "changed_invoices",
    "payments": "changed_payments",
}
each_reader = pytest.mark.parametrize(
    "reader",
    [pytest.param(method, id=name, marks=pytest.mark.capability(name)) for name, method in READERS.items()],
)


OF_THE_ERP = frozenset({"stage", "simulator"})
"""Modules and packages of these names, in a connector's package, play the ERP."""


class _Shifted(type):
    """So that real moments are still instances of the class that stands in for `datetime`."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


@contextmanager
def clock_ahead(package: str, by: timedelta) -> Iterator[None]:
    """Inside, `datetime.now()` and `time.time()` in the modules of a package, and in those of the contract that connectors
    share, run ahead (or behind) by so much; not in its stage and its simulator, which stand for another machine.
    """

    class Ahead(datetime, metaclass=_Shifted):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + by

    modules = [
        one
        for name, one in sys.modules.items()
        if name.partition(".")[0] in (package, "portico_erp")
        and not {"conformance", *OF_THE_ERP} & set(name.split("."))
    ]
    patch = pytest.MonkeyPatch()
    try:
        for module in modules:
            if getattr(module, "datetime", None) is datetime:
                patch.setattr(module, "datetime", Ahead)
        real = time.time
        if any(getattr(module, "time", None) is time for module in modules):
            patch.setattr(time, "time", lambda: real() + by.total_seconds())
        yield
    finally:
        patch.undo()


@contextmanager
def time_zone(name: str) -> Iterator[None]:
    """Inside, this machine is set to that zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ", None) if before is None else os.environ.update(TZ=before)
        time.tzset()


def people(stage: Any, client: Any) -> None:
    """More than a page of whatever the connector can have made."""
    capabilities = stage.connector.capabilities
    for _n in range(PAGE + 1 if "contracts" in capabilities else 0):
        needs(stage, "offer_contract").offer_contract()
    if not {"quote_submission", "catalogue"} <= capabilities:
        return
    wanted = new_request(stage, client)
    for _n in range(PAGE + 1):
        request = replace(wanted, reference=str(uuid.uuid4()))
        if "orders" not in capabilities:
            client.submit(request)
            continue
        order = new_order(stage, client, request)
        if "invoices" in capabilities and hasattr(stage, "invoice_of"):
            invoice = client.invoice(stage.invoice_of(order))
            if "payments" in capabilities and hasattr(stage, "pay"):
                stage.pay(invoice.ref, invoice.open_amount)


class ReadingContract:
    @pytest.fixture(scope="class")
    @classmethod
    def peopled(cls, stage: Stage) -> None:
        client: Any = stage.connector.open(stage.config, stage.secrets, egress=stage.egress)
        try:
            people(stage, client)
        finally:
            client.close()

    @pytest.fixture
    def reopened(self, stage: Stage) -> Iterator[Callable[[], Any]]:
        """Opens further clients of the same settings."""
        made: list[Any] = []

        def again() -> Any:
            made.append(stage.connector.open(stage.config, stage.secrets, egress=stage.egress))
            return made[-1]

        yield again
        for client in made:
            client.close()

    @pytest.mark.rule("paging")
    @each_reader
    def test_small_pages_bring_what_a_large_one_brings(self, peopled: None, client: Any, reader: str) -> None:
        small, _cursor = drain(getattr(client, reader))
        large, _cursor = drain(getattr(client, reader), limit=1000)
        assert small
        assert len({one.ref for one in small}) == len(small)
        assert {one.ref: one for one in small} == {one.ref: one for one in large}

    @pytest.mark.rule("incremental")
    @each_reader
    def test_second_pass_without_changes_brings_nothing(self, peopled: None, client: Any, reader: str) -> None:
        _all, cursor = drain(getattr(client, reader))
        again, cursor = drain(getattr(client, reader), cursor)
        once_more, _cursor = drain(getattr(client, reader), cursor)
        assert (again, once_more) == ([], [])

    @pytest.mark.rule("incremental")
    @each_reader
    def test_another_process_goes_on_in_the_middle(
        self, peopled: None, client: Any, reopened: Callable[[], Any], reader: str
    ) -> None:
        first = getattr(client, reader)(None, PAGE)
        rest, _cursor = drain(getattr(reopened(), reader), first.cursor) if first.more else ([], "")
        whole, _cursor = drain(getattr(client, reader))
        assert sorted(one.ref for one in [*first.items, *rest]) == sorted(one.ref for one in whole)

    @pytest.mark.rule("incremental")
    @each_reader
    def test_unreadable_cursor_is_rejected(self, client: Any, reader: str) -> None:
        for cursor in ("}{", "null", "[]", "\x00"):
            with pytest.raises(ConnectorRejectedError):
                getattr(client, reader)(cursor, PAGE)

    @pytest.mark.rule("time-zones")
    @each_reader
    def test_times_do_not_depend_on_this_machines_zone(
        self, peopled: None, reopened: Callable[[], Any], reader: str
    ) -> None:
        found = []
        for zone in ("UTC", "Pacific/Kiritimati", "America/St_Johns"):
            with time_zone(zone):
                found.append({one.ref: one for one in drain(getattr(reopened(), reader))[0]})
        assert found[0] == found[1] == found[2]

    @pytest.mark.rule("clock-skew")
    @pytest.mark.capability("catalogue")
    @pytest.mark.parametrize("hours", [-26, 26])
    def test_change_arrives_although_this_machines_clock_is_wrong(
        self, stage: Stage, reopened: Callable[[], Any], hours: int
    ) -> None:
        package = type(stage.connector).__module__.partition(".")[0]
        with clock_ahead(package, timedelta(hours=hours)):
            items, cursor = drain(reopened().items)
        item = items[3]
        stage.set_price(item.ref, item.price + 1)
        try:
            changed, cursor = drain(reopened().items, cursor)
        finally:
            stage.set_price(item.ref, item.price)
        assert [(one.ref, one.price) for one in changed] == [(item.ref, item.price + 1)]
        with clock_ahead(package, timedelta(hours=hours)):
            back, _cursor = drain(reopened().items, cursor)
        assert [(one.ref, one.price) for one in back] == [(item.ref, item.price)]
