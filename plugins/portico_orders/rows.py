"""From the contract's values to rows of our tables: pure, no database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from portico.db.types import new_id, now
from portico_erp.values import RemoteOrder

_FORM = 1
"""Raise it when a row gets something new out of the same value: every order is then written anew, without
events.
"""


def digest(remote: RemoteOrder) -> bytes:
    """Of all that the company tells but `updated_at`: a row that was only touched has not changed."""
    told = asdict(remote) | {"updated_at": None, "form": _FORM}
    return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).digest()


def order_row(remote: RemoteOrder) -> dict[str, Any]:
    """Everything but tenant, id, account and the moment of the status."""
    return {
        "erp_ref": remote.ref,
        "number": remote.number,
        "po_number": remote.po_number or None,
        "quote_ref": remote.quote_ref,
        "quote_number": remote.quote_number,
        "status": remote.status.value,
        "currency": remote.currency,
        "net": remote.totals.net,
        "tax": remote.totals.tax,
        "gross": remote.totals.gross,
        "line_count": len(remote.lines),
        "delivery_count": len(remote.deliveries),
        "note": remote.note,
        "ordered_at": remote.ordered_at,
        "expected_on": remote.expected_on,
        "erp_updated_at": remote.updated_at,
        "synced_at": now(),
        "digest": digest(remote),
        "search": search_text(remote),
    }


def search_text(remote: RemoteOrder) -> str:
    numbers = [remote.number, remote.po_number, remote.quote_number]
    for one in remote.deliveries:
        numbers += [one.number, one.tracking_number]
    return " ".join(dict.fromkeys(number.lower() for number in numbers if number))


def line_rows(remote: RemoteOrder, owner: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`owner`: tenant_id, account_id and order_id."""
    for position, line in enumerate(remote.lines, 1):
        yield {
            **owner,
            "id": new_id(),
            "position": position,
            "item_ref": line.ref,
            "name": line.name,
            "quantity": line.quantity,
            "unit": line.unit,
            "unit_price": line.unit_price,
            "tax_rate": line.tax_rate,
            "total": line.total,
        }


def delivery_rows(remote: RemoteOrder, owner: dict[str, Any]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each consignment with its lines. A number that comes twice is kept once: the last one told."""
    for position, one in enumerate({one.number: one for one in remote.deliveries}.values(), 1):
        delivery_id: UUID = new_id()
        row = {
            **owner,
            "id": delivery_id,
            "position": position,
            "number": one.number,
            "shipped_at": one.shipped_at,
            "delivered_at": one.delivered_at,
            "carrier": one.carrier,
            "tracking_number": one.tracking_number,
            "tracking_url": one.tracking_url,
            "note": one.note,
        }
        yield (
            row,
            [
                {
                    **owner,
                    "id": new_id(),
                    "delivery_id": delivery_id,
                    "position": index,
                    "item_ref": line.ref,
                    "name": line.name,
                    "quantity": line.quantity,
                }
                for index, line in enumerate(one.lines, 1)
            ],
        )


def happened_at(remote: RemoteOrder) -> datetime:
    """When the company last touched the order; a clock that runs ahead does not put history into the future."""
    return min(remote.updated_at, now())
