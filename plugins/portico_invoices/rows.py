"""From the contract's values to rows of our tables: pure, no database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from portico.db.types import new_id, now
from portico_erp.currencies import smallest_unit
from portico_erp.values import RemoteInvoice

_FORM = 1
"""Raise it when a row gets something new out of the same value: every invoice is then written anew, without events."""


def digest(remote: RemoteInvoice) -> bytes:
    """Of all that the company tells but `updated_at`: a row that was only touched has not changed."""
    told = asdict(remote) | {"updated_at": None, "form": _FORM}
    return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).digest()


def invoice_row(remote: RemoteInvoice, orders: Iterable[str]) -> dict[str, Any]:
    """Everything but tenant, id, whose it is and the moment of the status. orders: numbers of the orders that it bills."""
    return {
        "erp_ref": remote.ref,
        "number": remote.number,
        "kind": remote.kind.value,
        "status": remote.status.value,
        "currency": remote.currency,
        "net": remote.totals.net,
        "tax": remote.totals.tax,
        "gross": remote.totals.gross,
        "open_amount": remote.open_amount,
        "line_count": len(remote.lines),
        "issued_on": remote.issued_on,
        "due_on": remote.due_on,
        "credits_ref": remote.credits_ref,
        "po_number": remote.po_number or None,
        "note": remote.note,
        "erp_updated_at": remote.updated_at,
        "synced_at": now(),
        "digest": digest(remote),
        "search": search_text([remote.number, remote.po_number, *orders], remote.totals.gross, remote.currency),
    }


def search_text(numbers: Iterable[str | None], gross: Decimal, currency: str) -> str:
    """Lower-case numbers, and the amount as "1234.50": `filters.pattern` writes what people type in the same way."""
    words = [*(number.lower() for number in numbers if number), plain(gross, currency)]
    return " ".join(dict.fromkeys(words))


def plain(amount: Decimal, currency: str) -> str:
    """With a point, the decimals of its currency and nothing between thousands."""
    return f"{amount.quantize(smallest_unit(currency)):f}"


def line_rows(remote: RemoteInvoice, owner: dict[str, Any]) -> Iterator[dict[str, Any]]:
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


def happened_at(remote: RemoteInvoice) -> datetime:
    """When the company last touched it; a clock that runs ahead does not put history into the future."""
    return min(remote.updated_at, now())
