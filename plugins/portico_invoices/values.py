"""What other plugins add to the pages of invoices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class InvoicePanel:
    """A card on the page of an invoice. route: of its fragment, with `route_params`; a request of its own, so that a slow or
    failing one holds up nothing. Who lacks `permission` in the invoice's organisation is not shown it. wide: below the lines,
    instead of beside them. live: kinds of events of this invoice that refresh it."""

    name: str
    title: Any
    route: str
    route_params: Mapping[str, str]
    permission: str
    order: int = 50
    wide: bool = False
    live: tuple[str, ...] = ()


@dataclass(frozen=True)
class InvoiceAction:
    """A link among the actions at the head of an invoice's page: to pay it, or another form of it to download. route: of a page,
    with `route_params`. main: it is what people came for. download: it gives a file, so nothing of the page is replaced."""

    title: Any
    route: str
    route_params: Mapping[str, str]
    permission: str
    icon: str = "chevron-right"
    order: int = 50
    main: bool = False
    download: bool = False


@dataclass(frozen=True)
class InvoiceListAction:
    """The same at the head of the list. route_params: of the route."""

    title: Any
    route: str
    permission: str
    route_params: Mapping[str, str] = field(default_factory=dict)
    icon: str = "chevron-right"
    order: int = 50
    main: bool = False
