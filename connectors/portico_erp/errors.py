"""The ways in which an ERP can fail a call, and the one in which a value can be unacceptable."""

from __future__ import annotations

from portico.connections.errors import (
    ConnectorBusyError,
    ConnectorError,
    ConnectorRejectedError,
    ConnectorUnauthorisedError,
    ConnectorUnavailableError,
)

__all__ = [
    "ConnectorBusyError",
    "ConnectorError",
    "ConnectorRejectedError",
    "ConnectorUnauthorisedError",
    "ConnectorUnavailableError",
    "InvalidValueError",
]


class InvalidValueError(ValueError):
    """A value type was given what it must not hold. `code`: missing, not_a_number, negative, too_large,
    too_long, not_a_currency, not_a_choice, no_time_zone, out_of_range.
    """

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.code = code
        self.message = message
