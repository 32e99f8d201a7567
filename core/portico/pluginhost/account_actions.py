"""What plugins offer to do for a customer organisation; whoever draws a page about one asks here."""

from __future__ import annotations

from pyramid.request import Request

from portico.identity.policy import permits
from portico.pluginhost.values import AccountAction


def account_actions(request: Request) -> list[AccountAction]:
    """Those that the actor may use, in order."""
    found = request.relay.call("account_actions", scope=request.scope)
    return sorted((one for one in found if permits(request.scope, one.permission)), key=lambda one: (one.order, str(one.title)))
