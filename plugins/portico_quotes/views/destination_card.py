"""The builder's card that asks where to deliver, and when."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico.web import countries
from portico_quotes import destinations


def shown(quote: Any, request: Request) -> dict[str, Any]:
    """What the card needs. One question to the plugins that keep addresses."""
    addresses = destinations.choices(request.db, quote.account_id)
    held = quote.delivery_address
    if held is None:
        choice = ""
    elif held["id"] is None:
        choice = destinations.OTHER
    else:
        choice = held["id"] if destinations.is_present(held, addresses) else destinations.KEPT
    return {
        "addresses": addresses,
        "address_choice": choice,
        "address_typed": held if choice == destinations.OTHER else dict.fromkeys(destinations.FIELDS, ""),
        "address_label": destinations.label,
        "countries": countries.names(request.locale_name),
    }
