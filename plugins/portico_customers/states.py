"""How far what a customer changed has come on its way to the company, and what people read of it."""

from __future__ import annotations

from enum import StrEnum

from portico_customers.i18n import _


class State(StrEnum):
    """WAITING: a job brings it. KNOWN: the company has it. REFUSED: the company's system does not take it.
    BY_HAND: its system cannot be told; its staff are, and enter it.
    """

    WAITING = "waiting"
    KNOWN = "known"
    REFUSED = "refused"
    BY_HAND = "by_hand"


STATES = tuple(State)
LOOKS = {
    State.WAITING: (_("Being sent"), "info"),
    State.KNOWN: (_("At the company"), "success"),
    State.REFUSED: (_("Refused"), "danger"),
    State.BY_HAND: (_("The company's staff are told"), "warning"),
}
"""State → its title and the look of its pill."""
