"""Whether a customer's answer is to the offer that the company has: it may have revised it while the answer was on its way."""

from __future__ import annotations

from datetime import timedelta

from translationstring import TranslationStringFactory

from portico_erp.errors import ConnectorRejectedError
from portico_erp.values import Problem, QuoteDecision, RemoteQuote

_ = TranslationStringFactory("portico_erp")
CHANGED = "changed"
ZONES = timedelta(days=1)
"""A last day is one of the company's own calendar, which begins and ends up to a day apart from that of UTC. The portal, which
knows the company's time zone, has judged it already: whoever knows UTC alone refuses what is over everywhere.
"""


def require(decision: QuoteDecision, offer: RemoteQuote | Problem) -> None:
    """offer: as the company has it in the very transaction, or as of the very version, that takes the answer.

    Raises ConnectorRejectedError with the code "changed". An answer that does not say what was agreed is to any offer.
    """
    agreed = decision.agreed
    if agreed is None:
        return
    if isinstance(offer, Problem) or (agreed.gross, agreed.currency) != (offer.totals.gross, offer.currency):
        raise changed()
    if agreed.version and agreed.version != offer.version:
        raise changed()


def changed() -> ConnectorRejectedError:
    return ConnectorRejectedError(None, _("The offer was changed before the answer arrived."), code=CHANGED)
