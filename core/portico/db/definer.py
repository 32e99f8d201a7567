"""Definer functions: the few audited doors through the walls, and the DDL that hangs them properly.

Each belongs to `portico_definer` (no login, bypasses row security), pins its search_path with pg_temp last, and may be
executed by exactly the roles named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from portico.db.roles import DEFINER

SCOPE_ROLES = ("portico_public", "portico_user", "portico_customer", "portico_staff", "portico_operator")
SIGNED_IN_ROLES = SCOPE_ROLES[1:]


def create_definer_functions(
    op: Any, text: str, grants: Mapping[str, Iterable[str]], reads: Iterable[str] = ()
) -> None:
    """Run `text` (CREATE FUNCTION …) in a migration, then own and close each function.

    grants: "name(argument types)" → the roles that may execute it, besides the application's login before it has
        entered a scope (write "portico_app" for that).
    reads: tables that the definer role must be able to SELECT from.
    """
    bind = op.get_bind()
    run = bind.exec_driver_sql
    for table in reads:
        run(f"GRANT SELECT ON {table} TO {DEFINER}")
    run(text)
    run(f"GRANT CREATE ON SCHEMA public TO {DEFINER}")
    for signature in grants:
        run(f"ALTER FUNCTION {signature} OWNER TO {DEFINER}")
    run(f"REVOKE CREATE ON SCHEMA public FROM {DEFINER}")
    run(f"SET LOCAL ROLE {DEFINER}")  # only a function's owner grants on it, and ours may be among those granted to
    for signature, roles in grants.items():
        run(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        wanted = ", ".join(roles)
        if wanted:
            run(f"GRANT EXECUTE ON FUNCTION {signature} TO {wanted}")
    run("RESET ROLE")


def replace_definer_functions(op: Any, text: str) -> None:
    """Run `text` (CREATE OR REPLACE FUNCTION …) in a migration: what a function is owned by and who may execute it stays."""
    run = op.get_bind().exec_driver_sql
    run(f"GRANT CREATE ON SCHEMA public TO {DEFINER}")
    run(f"SET LOCAL ROLE {DEFINER}")
    run(text)
    run("RESET ROLE")
    run(f"REVOKE CREATE ON SCHEMA public FROM {DEFINER}")
