"""The one table of what a quote can be and how it gets from one state to the next; everything else asks here.

The README's picture is drawn from this table, and a test fails when it is out of date.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from portico_erp.values import QuoteStatus
from portico_quotes.i18n import _


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    PROCESSED = "processed"
    REVISED = "revised"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    ORDERED = "ordered"
    CANCELLED = "cancelled"


class Delivery(StrEnum):
    """Where a submitted quote is on its way to the company.

    waiting: to be sent. sending: being sent, or sent without an answer so far: nobody knows. sent: the company has it.
    confirm: a draft again, because prices had changed meanwhile. returned: a draft again, because the company refused it.
    problem: parked for staff, who can send it again.
    """

    NONE = "none"
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    CONFIRM = "confirm"
    RETURNED = "returned"
    PROBLEM = "problem"


Actor = Literal["customer", "company", "portal"]


@dataclass(frozen=True, slots=True)
class Transition:
    """`permission`: what a person needs; empty where no person does it."""

    name: str
    sources: frozenset[State]
    target: State
    by: Actor
    permission: str = ""


OFFERED = frozenset({State.PROCESSED, State.REVISED})
"""The company has named its prices and waits for an answer."""
FINAL = frozenset({State.DECLINED, State.EXPIRED, State.ORDERED, State.CANCELLED})
_WITH_COMPANY = frozenset({State.SUBMITTED, *OFFERED, State.ACCEPTED})

TRANSITIONS: tuple[Transition, ...] = (
    Transition("submit", frozenset({State.DRAFT}), State.SUBMITTED, "customer", "quotes:submit"),
    Transition("take_back", frozenset({State.SUBMITTED}), State.DRAFT, "customer", "quotes:submit"),
    Transition("hand_back", frozenset({State.SUBMITTED}), State.DRAFT, "portal"),
    Transition("price", frozenset({State.SUBMITTED, State.EXPIRED}), State.PROCESSED, "company"),
    Transition("revise", OFFERED, State.REVISED, "company"),
    Transition("accept", OFFERED, State.ACCEPTED, "customer", "quotes:decide"),
    Transition("decline", OFFERED, State.DECLINED, "customer", "quotes:decide"),
    Transition("undo", frozenset({State.ACCEPTED, State.DECLINED}), State.PROCESSED, "customer", "quotes:decide"),
    Transition("undo_on_revised", frozenset({State.ACCEPTED, State.DECLINED}), State.REVISED, "customer", "quotes:decide"),
    Transition("record_acceptance", frozenset({State.SUBMITTED, *OFFERED}), State.ACCEPTED, "company"),
    Transition("record_refusal", _WITH_COMPANY, State.DECLINED, "company"),
    Transition("expire", frozenset({State.SUBMITTED, *OFFERED}), State.EXPIRED, "portal"),
    Transition("order", frozenset({*_WITH_COMPANY, State.EXPIRED}), State.ORDERED, "company"),
    Transition("cancel", frozenset({*_WITH_COMPANY, State.EXPIRED}), State.CANCELLED, "company"),
)
BY_NAME = {one.name: one for one in TRANSITIONS}

TITLES: dict[State, Any] = {
    State.DRAFT: _("Draft"),
    State.SUBMITTED: _("Submitted"),
    State.PROCESSED: _("Priced"),
    State.REVISED: _("Revised"),
    State.ACCEPTED: _("Accepted"),
    State.DECLINED: _("Declined"),
    State.EXPIRED: _("Expired"),
    State.ORDERED: _("Ordered"),
    State.CANCELLED: _("Cancelled"),
}
KINDS: dict[State, str] = {
    State.DRAFT: "neutral",
    State.SUBMITTED: "info",
    State.PROCESSED: "warning",
    State.REVISED: "warning",
    State.ACCEPTED: "success",
    State.DECLINED: "error",
    State.EXPIRED: "neutral",
    State.ORDERED: "success",
    State.CANCELLED: "neutral",
}
"""The colour of a state's pill; never the only sign."""

_FROM_COMPANY: dict[QuoteStatus, State] = {
    QuoteStatus.SUBMITTED: State.SUBMITTED,
    QuoteStatus.PRICED: State.PROCESSED,
    QuoteStatus.ACCEPTED: State.ACCEPTED,
    QuoteStatus.DECLINED: State.DECLINED,
    QuoteStatus.EXPIRED: State.EXPIRED,
    QuoteStatus.ORDERED: State.ORDERED,
    QuoteStatus.CANCELLED: State.CANCELLED,
}


def allowed(name: str, state: State | str) -> bool:
    """Whether transition `name` starts at `state`."""
    return State(state) in BY_NAME[name].sources


def from_company(current: State, status: QuoteStatus, *, changed: bool, decided: bool = False) -> State:
    """The state after the company's record says `status`.

    The company's word counts, whatever came before, since its record is the truth about its business, with two
    exceptions. `changed`: prices or lines differ from those that were offered, so an offer becomes a revision.
    `decided`: the customer's answer is still on its way to the company, so an older "priced" does not undo it.
    """
    target = _FROM_COMPANY[status]
    if (
        target in (State.SUBMITTED, State.PROCESSED)
        and decided
        and current in (State.ACCEPTED, State.DECLINED)
    ):
        return current
    if target is State.PROCESSED and current in OFFERED:
        return State.REVISED if changed else current
    return target


def as_markdown() -> str:
    """The table, for documentation."""
    lines = ["| Transition | From | To | By | Permission |", "|---|---|---|---|---|"]
    for one in TRANSITIONS:
        sources = ", ".join(state for state in State if state in one.sources)
        lines.append(f"| {one.name} | {sources} | {one.target} | {one.by} | {one.permission or '-'} |")
    return "\n".join(lines)


def as_mermaid() -> str:
    """The same as a picture."""
    lines = ["stateDiagram-v2", "    [*] --> draft"]
    for one in TRANSITIONS:
        lines += [f"    {source} --> {one.target}: {one.name}" for source in State if source in one.sources]
    return "\n".join([*lines, *(f"    {state} --> [*]" for state in State if state in FINAL)])
