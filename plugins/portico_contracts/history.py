"""What happened to a contract, in words, newest first. Pure."""

from __future__ import annotations

from typing import Any

from portico_contracts.i18n import _
from portico_contracts.statuses import DRAFT, LOOKS, OFFERED, TAKEN, UNCONFIRMED


def entries(contract: Any) -> list[dict[str, Any]]:
    """{"icon", "title", "at"}; contract: as `reading.contract` gives it."""
    found = [{"icon": "file-text", "title": _("Offered by the company"), "at": contract.offered_at}]
    if contract.answered_at is not None:
        who = {"name": contract.answered_by}
        title = _("Agreed to by ${name}", mapping=who) if contract.agreed else _("Declined by ${name}", mapping=who)
        found.append({"icon": "circle-check" if contract.agreed else "circle-x", "title": title, "at": contract.answered_at})
    if contract.answer == TAKEN:
        found.append({"icon": "check", "title": _("The company has the answer"), "at": contract.taken_at})
    if contract.answer == UNCONFIRMED:
        title = _("The company's system did not confirm the answer")
        found.append({"icon": "triangle-alert", "title": title, "at": contract.answered_at})
    if contract.status not in (OFFERED, DRAFT):
        found.append({"icon": "circle-dot", "title": LOOKS[contract.status].title, "at": contract.status_at})
    return sorted(found, key=lambda one: one["at"], reverse=True)
