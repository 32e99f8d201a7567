"""What may be asked of a company's system at once, whatever connector asks it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from translationstring import TranslationStringFactory

from portico_erp.capabilities import MOST_PRICES, MOST_STOCK
from portico_erp.errors import ConnectorRejectedError

_ = TranslationStringFactory("portico_erp")


def require_prices(wanted: Sequence[tuple[str, Decimal]]) -> None:
    """Refs with quantities. Raises ConnectorRejectedError with the field, before anything is asked."""
    if len(wanted) > MOST_PRICES:
        raise ConnectorRejectedError("wanted", _("Too many prices were asked for at once."), code="too_many")
    for index, (_ref, quantity) in enumerate(wanted):
        if not quantity.is_finite() or quantity <= 0:
            raise ConnectorRejectedError(
                f"wanted.{index}.quantity", _("The quantity must be greater than zero."), code="quantity"
            )


def require_stock(wanted: Sequence[str]) -> None:
    """Raises ConnectorRejectedError, before anything is asked."""
    if len(wanted) > MOST_STOCK:
        raise ConnectorRejectedError("wanted", _("Too many items were asked for at once."), code="too_many")
