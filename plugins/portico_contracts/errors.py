"""What can go wrong with contracts, as seen by whoever asks."""

from __future__ import annotations

from portico.errors import ConflictError, NotFoundError
from portico_contracts.i18n import _


class ContractNotFoundError(NotFoundError):
    message = _("There is no such contract, or it is not yours to see.")


class NotOfferedError(ConflictError):
    """It was answered, taken back, or is not offered yet."""

    code = "not-offered"
    message = _("This contract does not wait for an answer.")
    remedy = _("Look at it again: its history says what became of it.")


class OfferOverError(ConflictError):
    code = "offer-over"
    message = _("The last day on which this contract could be agreed to is over.")
    remedy = _("Ask the company for a new offer.")


class ContractChangedError(ConflictError):
    """It is another version than the one that was seen."""

    code = "contract-changed"
    message = _("The company changed this contract meanwhile.")
    remedy = _("Read it again, and then answer.")


class NoAnswersError(ConflictError):
    """The company's system takes no answers to contracts."""

    code = "no-answers"
    message = _("Contracts cannot be answered here.")
    remedy = _("Give the company your answer in another way, by mail or by phone.")
