"""An order with everything in it, for tests that walk every route."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portico.db.types import new_id, now
from portico.tenancy.models import Account
from portico_erp.values import Delivery, DeliveryLine, OrderLine, OrderStatus, RemoteOrder, Totals
from portico_orders import forecast, synchronise
from portico_orders.models import LEAD_TIME, Order


def records(db: Any, account_id: UUID) -> dict[str, str]:
    """Made the way that all orders are made: as the company tells them."""
    customer_ref = db.scalar(sa.select(Account.erp_ref).where(Account.id == account_id))
    ref = f"sample-{new_id().hex[-12:]}"
    synchronise.apply(db, [remote_order(ref, customer_ref)], quiet=True)
    took = {"kind": forecast.ALL, "deliveries": forecast.FEWEST, "days": {"6": forecast.FEWEST}}
    tested = {"tested": 0, "inside": 0, "median_error": None, "remark": "", "computed_at": now()}
    row = {"tenant_id": db.info["tenant_id"], "id": new_id(), **took, **tested}
    db.execute(insert(LEAD_TIME).values(row).on_conflict_do_nothing(index_elements=["tenant_id", "kind"]))
    return {"order_id": str(db.scalar(sa.select(Order.id).where(Order.erp_ref == ref)))}


def remote_order(ref: str, customer_ref: str, moment: dt.datetime | None = None, **changed: Any) -> RemoteOrder:
    """A shipped order of two lines and one delivery, told at `moment`; `changed` replaces what a test is
    about.
    """
    moment = moment or now()
    delivery = Delivery(
        f"D-{ref}",
        moment,
        None,
        "DHL",
        f"TRACK-{ref}",
        "https://track.example/1",
        [DeliveryLine("material:S1", "Steel sheet", Decimal(2))],
    )
    values: dict[str, Any] = {
        "ref": ref,
        "number": f"O-{ref}",
        "customer_ref": customer_ref,
        "status": OrderStatus.SHIPPED,
        "currency": "EUR",
        "lines": [
            OrderLine("material:S1", "Steel sheet", Decimal(2), "piece", Decimal("1000"), Decimal(20), Decimal(2000)),
            OrderLine(None, "Cutting", Decimal("1.5"), "hour", Decimal("80"), Decimal(20), Decimal(120)),
        ],
        "deliveries": [delivery],
        "totals": Totals(Decimal(2120), Decimal(424), Decimal(2544)),
        "quote_ref": None,
        "ordered_at": moment - dt.timedelta(days=3),
        "expected_on": moment.date() + dt.timedelta(days=2),
        "updated_at": moment,
        "po_number": f"PO-{ref}",
        "note": "",
        "quote_number": None,
    }
    return RemoteOrder(**{**values, **changed})
