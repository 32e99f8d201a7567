"""What can go wrong with payments and statements, as seen by whoever asks."""

from __future__ import annotations

from portico.errors import InvalidError, NotFoundError
from portico_payments.i18n import _


class PaymentNotFoundError(NotFoundError):
    message = _("There is no such payment, or it is not yours to see.")


class StatementNotFoundError(NotFoundError):
    message = _("There is no such statement, or it is not yours to see.")


class StatementTooLongError(InvalidError):
    code = "statement-too-long"
    message = _("This statement has more than 2,000 lines, which no paper holds well. Choose fewer days, or take it as a file.")
    remedy = _("A PDF holds at most 2,000 lines. CSV, XLSX, OFX and hledger have all of them.")
