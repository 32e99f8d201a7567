"""Permissions that core itself declares, the special ones, and the rule that says whether an actor has one."""

from __future__ import annotations

from collections.abc import Mapping

from portico.web.i18n import _

PUBLIC = "portico:public"
"""Anybody, signed in or not."""
SIGNED_IN = "portico:signed-in"
"""Anybody who signed in as themselves, a member of the company or not: for what is a person's own. Never a session that a
company made, by its own sign-in or to look as a customer."""
SEEING = "portico:seeing"
"""Somebody of the company's staff who looks as a customer: to end it."""
HERE = "portico:here"
"""Anybody who is signed in, also by the company's own sign-in: for the little that such a session needs beside the company's
pages. Never somebody who looks as another."""
MEMBER = "portico:member"
"""Customers and staff of the company."""
OWN_HERE = "portico:own-here"
"""Members of the company who signed in as themselves: for what is a person's own in this one company, such as their API
tokens. Never a session that a company made."""
OPERATOR = "portico:operator"
"""Those who run the installation, at the apex only."""
ADMINISTRATION = "portico:administration"
"""Members of the company with at least one of core's permissions: whoever has something to administer."""

CORE_PERMISSIONS: dict[str, str] = {
    "company:brand": _("Change the company's name, logo, colours and theme"),
    "company:plugins": _("Switch features on and off"),
    "company:connections": _("Set up and test the connection to the company's database"),
    "company:members": _("Approve, change and remove customers and staff"),
    "company:sync": _("See and repair problems of synchronisation"),
    "company:mail": _("See the mails that were sent, and why one was not"),
    "company:audit": _("Read the audit trail"),
    "company:see-as": _("See the portal as a customer does, without changing anything"),
    "company:security": _("Decide who needs a second factor and how long sessions live"),
}

ORGANISATION_PERMISSIONS: dict[str, str] = {
    "organisation:manage": _("Invite people of a customer's organisation, and decide what they may do and see"),
    "organisation:approve": _("Approve what colleagues ask for above their limit"),
}
"""What people may do in a customer's organisation. Staff who manage can help; nobody but customers approves."""

CORE_ROLES: Mapping[str, frozenset[str]] = {
    "customer": frozenset(),
    "owner": frozenset(ORGANISATION_PERMISSIONS),
    "purchaser": frozenset(),
    "finance": frozenset({"organisation:approve"}),
    "viewer": frozenset(),
    "agent": frozenset({"company:members", "company:sync", "company:mail", "company:see-as", "organisation:manage"}),
    "admin": frozenset({*CORE_PERMISSIONS, "organisation:manage"}),
}
"""Built-in roles. A company may compose others (SEC-5)."""
ACCOUNT_ROLES: Mapping[str, str] = {
    "owner": _("Owner"),
    "purchaser": _("Purchaser"),
    "finance": _("Finance"),
    "viewer": _("Viewer"),
}
"""What somebody is in a customer's organisation, beside being its company's customer: they add to the role "customer"."""
ROLE_KIND: Mapping[str, str] = {"customer": "customer", "agent": "staff", "admin": "staff"}
