"""Who may decide on a request for approval."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import pytest

from portico.approvals.service import APPROVE, Limit, may_decide
from portico.tenancy.scope import Place, Scope

ACCOUNT, SITE, ME, AUTHOR = (UUID(int=number) for number in range(1, 5))


def approver(reach: str, *sites: UUID) -> Scope:
    return Scope(kind="customer", user_id=ME, places=(Place(ACCOUNT, "finance", reach, sites),), rights={ACCOUNT: frozenset({APPROVE})})


def request() -> SimpleNamespace:
    return SimpleNamespace(status="open", account_id=ACCOUNT, site_id=SITE, author_id=AUTHOR, approver_id=ME, amount=Decimal(100), currency="EUR")


@pytest.mark.without("portico.approvals.service:_check_decider NotApproverError 3")
def test_whose_reach_was_narrowed_since_they_were_named_does_not_decide() -> None:
    assert may_decide(approver("all"), request(), {})
    assert may_decide(approver("site", SITE), request(), {})
    assert not may_decide(approver("own"), request(), {})
    assert not may_decide(approver("site", UUID(int=9)), request(), {})


@pytest.mark.without("portico.approvals.service:_check_decider OwnLimitError")
def test_own_limit_is_as_far_as_one_decides_for_others() -> None:
    for amount, currency, enough in ((100, "EUR", True), (99, "EUR", False), (1000, "USD", False)):
        own = {ACCOUNT: Limit(Decimal(amount), currency, None)}
        assert may_decide(approver("all"), request(), own) is enough
    assert may_decide(approver("all"), request(), {SITE: Limit(Decimal(1), "EUR", None)}), "of another organisation"
