"""How a contract stands, as list, detail, notices and API say it: the company's status, and what the portal knows beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portico_contracts.i18n import _
from portico_contracts.models import ANSWER, CONTRACT
from portico_erp.values import ContractPer, ContractStatus

DRAFT, OFFERED, ACTIVE = ContractStatus.DRAFT.value, ContractStatus.OFFERED.value, ContractStatus.ACTIVE.value
AGREED, EXPIRED = "agreed", "expired"
DECLINED, ENDED, CANCELLED = ContractStatus.DECLINED.value, ContractStatus.ENDED.value, ContractStatus.CANCELLED.value
WAITING, TAKEN, REFUSED, UNCONFIRMED = "waiting", "taken", "refused", "unconfirmed"
"""How far a customer's answer is."""


@dataclass(frozen=True)
class Look:
    """kind: of the pill (colour); the title always stands beside it, so colour never tells alone."""

    title: Any
    kind: str


LOOKS = {
    OFFERED: Look(_("To be answered"), "warning"),
    AGREED: Look(_("Agreed"), "info"),
    ACTIVE: Look(_("Active"), "success"),
    EXPIRED: Look(_("Offer over"), "neutral"),
    DECLINED: Look(_("Declined"), "neutral"),
    ENDED: Look(_("Ended"), "neutral"),
    CANCELLED: Look(_("Cancelled"), "error"),
    DRAFT: Look(_("Draft"), "neutral"),
}
GROUPS = {"open": (OFFERED,), "running": (AGREED, ACTIVE), "over": (EXPIRED, DECLINED, ENDED, CANCELLED)}
"""What the list's tabs show."""
PER: dict[str, Any] = {
    ContractPer.TERM.value: _("in all"),
    ContractPer.MONTH.value: _("per month"),
    ContractPer.QUARTER.value: _("per quarter"),
    ContractPer.YEAR.value: _("per year"),
}
TODAY: Any = sa.bindparam("today", type_=sa.Date)
"""The day at the company."""
LATEST = sa.and_(
    ANSWER.c.tenant_id == CONTRACT.c.tenant_id,
    ANSWER.c.contract_id == CONTRACT.c.id,
    ANSWER.c.state.in_((WAITING, TAKEN, UNCONFIRMED)),
)
"""The one answer of a contract that counts: there is none, or one."""
STATE = sa.case(
    (sa.and_(CONTRACT.c.status == OFFERED, ANSWER.c.agreed.is_(True)), AGREED),
    (sa.and_(CONTRACT.c.status == OFFERED, ANSWER.c.agreed.is_(False)), DECLINED),
    (sa.and_(CONTRACT.c.status == OFFERED, CONTRACT.c.answer_until < TODAY), EXPIRED),
    else_=CONTRACT.c.status,
)
"""Of a query that joins LATEST: one of LOOKS. An answer is the customer's word before the company has it."""
