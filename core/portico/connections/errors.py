"""The three ways in which a company's system can fail a call."""

from __future__ import annotations


def plain(message: str) -> str:
    """The text of `message` with its placeholders filled in, when it is a TranslationString."""
    interpolate = getattr(message, "interpolate", None)
    return str(interpolate()) if interpolate else message


class ConnectorError(Exception):
    """Root of what a connector raises. `message` is for people and may be a TranslationString; it holds no
    secret.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return plain(self.message)


class ConnectorUnavailableError(ConnectorError):
    """The ERP did not answer, or not in time: nothing is known of the call's effect, and trying again is
    right.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ConnectorBusyError(ConnectorUnavailableError):
    """There is no turn to call the ERP: its limit of calls is used up, or it has asked for a pause. `retry_after_s` is set.

    unasked: nothing of the call was done.
    """

    def __init__(self, message: str, *, retry_after_s: float, unasked: bool) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        self.unasked = unasked


class ConnectorUnauthorisedError(ConnectorError):
    """The ERP refused our credentials or lacks a grant: only the company's administrator can mend it."""


class ConnectorRejectedError(ConnectorError):
    """The ERP answered, and refuses the data sent (or its own data is absurd): trying the same again is
    pointless.

    `field` names what is wrong ("lines.2.quantity", "host"; None = the call as a whole), `code` is stable for
    programs. `is_fault`: the system itself is broken (its tables are not as expected, its answer cannot be read), whatever
    was sent: staff can mend it, and the same call may succeed then.
    """

    FAULTS = frozenset({"schema", "not-json", "too-large"})

    def __init__(self, field: str | None, message: str, *, code: str = "rejected") -> None:
        super().__init__(message)
        self.field = field
        self.code = code

    @property
    def is_fault(self) -> bool:
        return self.field is None and self.code in self.FAULTS
