"""Notes what happened to a quote, three times over: its own timeline, the audit trail, and the event that others hear."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit, events
from portico.db.direct import Direct
from portico.db.types import new_id, now
from portico.pluginhost.values import AuditWords
from portico_quotes.i18n import _
from portico_quotes.models import Happening, Quote

SUBJECT = (Quote.id, Quote.account_id, Quote.site_id, Quote.author_id, Quote.number)
"""What `note` needs to know of a quote."""

TITLES: dict[str, Any] = {
    "created": _("Draft started"),
    "reordered": _("Started from an earlier order"),
    "copied": _("Started as a copy of another quote"),
    "templated": _("Started from a template"),
    "discarded": _("Draft discarded"),
    "restored": _("Draft brought back"),
    "submitted": _("Submitted"),
    "taken_back": _("Taken back"),
    "received": _("Received by the company"),
    "processed": _("Priced by the company"),
    "offered": _("Offered by the company"),
    "imported": _("Taken over from the company"),
    "revised": _("Revised by the company"),
    "accepted": _("Accepted"),
    "declined": _("Declined"),
    "revision_asked": _("Changes asked for"),
    "revision_withdrawn": _("Changes no longer asked for"),
    "revision_refused": _("The company keeps its offer"),
    "undone": _("Answer undone"),
    "answer_void": _("Answer void: the offer changed before the company was told"),
    "expired": _("Expired"),
    "ordered": _("Ordered"),
    "cancelled": _("Cancelled by the company"),
    "needs_confirmation": _("Prices changed: confirmation needed"),
    "returned": _("Not taken by the company's system"),
    "problem": _("Could not be sent"),
    "sent_again": _("Sent again"),
    "fault": _("The company's system has a fault"),
    "stuck": _("Still waiting for the company's system"),
    "answer_received": _("The company has the answer"),
    "answer_refused": _("The answer was not taken"),
    "draft": _("Draft again"),
    "approval_asked": _("Approval asked for"),
    "approval_declined": _("Not approved"),
    "approval_withdrawn": _("Approval no longer asked for"),
}
"""What can happen to a quote, by kind: in its own timeline and in the audit trail."""

STARTED = ("reordered", "copied", "templated")
"""What tells where a draft's lines came from: an order, another quote, a template."""

EDITS: dict[str, Any] = {
    "changed": _("Draft changed"),
    "line-added": _("Line added"),
    "section-added": _("Section added"),
    "line-changed": _("Line changed"),
    "line-moved": _("Line moved"),
    "line-removed": _("Line removed"),
    "line-restored": _("Line brought back"),
    "lines-replaced": _("All lines replaced"),
    "lines-entered": _("Several lines added"),
}
"""What the author of a draft does to it, for the audit trail alone."""

TEMPLATES: dict[str, Any] = {
    "template-saved": _("Template kept"),
    "template-changed": _("Template changed"),
    "template-deleted": _("Template deleted"),
}
"""What becomes of templates, for the audit trail alone."""


def words() -> AuditWords:
    titles = {**TITLES, **EDITS, **TEMPLATES, "export": _("List exported"), "export-lines": _("Lines exported")}
    return AuditWords(
        actions={f"quotes.{kind}": _("Quote: ${what}", mapping={"what": title}) for kind, title in titles.items()},
        subjects={"quote": _("Quote"), "quote_line": _("Line of a quote"), "quote_template": _("Template of quotes")},
        amounts=frozenset({"gross"}),
        fields={
            "number": _("Number"),
            "name": _("Name"),
            "shared": _("For everybody of the organisation"),
            "wishes": _("Lines to be different"),
            "gross": _("Total"),
            "reason": _("Reason"),
            "problem": _("What the company's system said"),
            "changes": _("Lines whose price changed"),
            "item": _("Item"),
            "quantity": _("Quantity"),
            "place": _("Place"),
            "optional": _("Optional"),
            "note": _("Note"),
            "po_number": _("Order number"),
            "lines": _("Lines"),
            "site": _("Site"),
            "delivery_address": _("Delivery address"),
            "wanted_on": _("Wanted on"),
            "approved_by": _("Approved by"),
            "q": _("Search"),
            "state": _("Status"),
            "account": _("Customer"),
            "format": _("Format"),
            "rows": _("Rows"),
            "chosen": _("Chosen"),
            "source": _("Started from"),
            "left_out": _("Lines not taken over"),
            "unconfirmed": _("Sent without asking for today's prices"),
        },
    )


def note(
    db: Session, quote: Any, kind: str, *, tell: bool = True, recorded: dict[str, Any] | None = None, **data: Any
) -> None:
    """`kind`: one of TITLES. quote: anything with the columns of SUBJECT. data: JSON-able facts.

    tell: publish it too, as event "quotes.KIND"; False for what concerns nobody but its author. recorded: what the audit
    trail says instead of all of `data`.
    """
    assert kind in TITLES, f"nobody has words for {kind}"
    scope = db.info["scope"]
    db.execute(
        sa.insert(Happening).values(
            tenant_id=scope.tenant.id,
            id=new_id(),
            account_id=quote.account_id,
            quote_id=quote.id,
            kind=kind,
            actor=scope.user_name if scope.kind != "system" or scope.from_company else "",
            data={**data, "by_link": True} if scope.only_id is not None else data,
            at=now(),
        )
    )
    said = data if recorded is None else recorded
    facts = {"number": quote.number, **said} if quote.number else said
    audit.record(db, f"quotes.{kind}", subject=("quote", quote.id), after=facts or None)
    if tell:
        events.publish(
            db,
            f"quotes.{kind}",
            account_id=quote.account_id,
            site_id=quote.site_id,
            author_id=quote.author_id,
            subject=("quote", quote.id),
            data={"number": quote.number or "", **data},
        )


def edited(
    db: Session,
    quote: Any,
    what: str,
    line: Any = None,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """A step of a draft's author, for the audit trail alone: `what`, one of EDITS, to a line or to the quote itself."""
    assert what in EDITS, f"nobody has words for {what}"
    subject = ("quote_line", line.id) if line is not None else ("quote", quote.id)
    facts = ({"quote": str(quote.id), "item": line.code or line.name} if line is not None else {}) | (after or {})
    audit.record(db, f"quotes.{what}", subject=subject, before=before, after=facts or None)


def nudge(db: Session, quote: Any) -> None:
    """Open pages show this quote anew."""
    events.nudge(
        db,
        "quotes.changed",
        account_id=quote.account_id,
        site_id=quote.site_id,
        author_id=quote.author_id,
        subject=("quote", quote.id),
    )


def reordered(data: Any) -> dict[str, Any] | None:
    """What became of the lines that a draft was started from, for a page; None: it was started from nothing.

    data: of its entry that is one of STARTED; older ones of orders do not say of what kind they are. source, currency, away: as
    they were told; taken: how many lines are in the draft; changed, left_out: lines to explain.
    """
    if data is None:
        return None
    lines = [
        {**one, **{name: Decimal(one[name]) for name in ("quantity", "before", "after") if one[name] is not None}}
        for one in data["lines"]
    ]
    left_out = [one for one in lines if one["outcome"] not in ("same", "changed")]
    changed = [one for one in lines if one["outcome"] == "changed"]
    return {"of": "reordered", **data, "taken": len(lines) - len(left_out), "changed": changed, "left_out": left_out}


_HAPPENINGS = Direct(
    sa.select(Happening.kind, Happening.actor, Happening.data, Happening.at)
    .where(
        Happening.account_id == sa.bindparam("account_id"),
        Happening.quote_id == sa.bindparam("quote_id"),
    )
    .order_by(Happening.at.desc(), Happening.id.desc())
    .limit(200)
)


def happenings(db: Session, account_id: uuid.UUID, quote_id: uuid.UUID) -> list[Any]:
    """Oldest first, at most 200. One query."""
    values = {"account_id": account_id, "quote_id": quote_id}
    return list(reversed(_HAPPENINGS.rows(db, values)))
