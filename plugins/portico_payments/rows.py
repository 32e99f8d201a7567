"""From the contract's values to rows of our tables: pure, no database."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from portico.db.types import new_id
from portico_erp.values import RemotePayment

_FORM = 1
"""Raise it when a row gets something new out of the same value: every payment is then written anew, without events."""


def digest(remote: RemotePayment) -> bytes:
    """Of all that the company tells but `updated_at`: a row that was only touched has not changed."""
    told = asdict(remote) | {"updated_at": None, "form": _FORM}
    return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).digest()


def payment_row(remote: RemotePayment) -> dict[str, Any]:
    """Everything but tenant, id and account."""
    return {
        "erp_ref": remote.ref,
        "reference": remote.reference or None,
        "number": remote.number,
        "source": "portal" if remote.reference else "company",
        "provider": "",
        "provider_ref": "",
        "state": "cancelled" if remote.cancelled else "confirmed",
        "amount": remote.amount,
        "currency": remote.currency,
        "allocated": sum((one.amount for one in remote.allocations), Decimal(0)),
        "paid_on": remote.paid_on,
        "method": remote.method,
        "erp_updated_at": remote.updated_at,
        "digest": digest(remote),
        "search": " ".join(word.lower() for word in (remote.number, remote.method) if word),
    }


def allocation_rows(remote: RemotePayment, owner: dict[str, Any]) -> list[dict[str, Any]]:
    """`owner`: tenant_id, account_id and payment_id."""
    return [
        {**owner, "id": new_id(), "position": position, "invoice_ref": one.invoice_ref, "amount": one.amount}
        for position, one in enumerate(remote.allocations, 1)
    ]
