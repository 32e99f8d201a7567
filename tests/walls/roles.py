"""Who may what, said once more and not by the product: what each built-in role has, in a company that has every plugin.

The expectation of the walls. A permission that is not here, or is a role's in the product alone, fails in test_roles.
"""

from __future__ import annotations

EVERY_CUSTOMER = frozenset(
    {
        "orders:view", "orders:sync", "quotes:view", "customers:addresses", "signatures:view", "contracts:view", "invoices:view",
        "invoices:sync", "einvoices:get",
    }  # fmt: skip
)
BUYING = frozenset({"quotes:edit", "quotes:submit", "quotes:decide", "orders:reorder", "customers:deliver", "signatures:sign"})
OF_ORGANISATION: dict[str, frozenset[str]] = {
    "owner": EVERY_CUSTOMER
    | BUYING
    | {"organisation:manage", "organisation:approve", "customers:contact", "quotes:share", "contracts:agree", "payments:view"},
    "purchaser": EVERY_CUSTOMER | BUYING,
    "finance": EVERY_CUSTOMER | {"organisation:approve", "payments:view"},
    "viewer": EVERY_CUSTOMER,
}
"""A customer's role in their organisation → all that they may there."""
AGENT = frozenset({
    "company:members", "company:sync", "company:mail", "company:see-as", "organisation:manage",
    "orders:view", "orders:sync", "orders:reorder", "quotes:view", "quotes:edit", "quotes:submit", "quotes:manage", "quotes:share",
    "customers:view", "customers:addresses", "customers:contact", "customers:deliver", "customers:note", "signatures:view",
    "contracts:view", "contracts:manage", "invoices:view", "invoices:sync", "payments:view",
    "einvoices:get",
})  # fmt: skip
OF_COMPANY: dict[str, frozenset[str]] = {
    "customer": EVERY_CUSTOMER,
    "agent": AGENT,
    "admin": AGENT
    | {"company:brand", "company:plugins", "company:connections", "company:audit", "company:security", "einvoices:manage", "payments:reconcile"},
    "operator": frozenset(),
}
"""A role in a company → all that it gives by itself. Operators have their own pages, and nothing of a company's."""


def permissions(roles: tuple[str, ...], account_role: str = "") -> frozenset[str]:
    """All that somebody with these built-in roles may. account_role: what a customer is in their organisation."""
    granted = frozenset().union(*(OF_COMPANY.get(role, frozenset()) for role in roles))
    return granted | OF_ORGANISATION.get(account_role, frozenset()) if "customer" in roles else granted
