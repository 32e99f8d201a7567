"""What a key says of itself, without asking anybody: keys that stand above row-level security are refused.

A service_role key reads and changes everything in a project, whatever its policies say, and would do so for the portal and
for whoever got hold of it. The role of an old key is a claim of its JWT; the new keys tell by how they begin.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from portico_supabase.i18n import _

ABOVE_ALL = frozenset({"service_role", "supabase_admin", "supabase_auth_admin", "supabase_storage_admin", "postgres"})
"""Roles of a Supabase project that bypass row-level security or own everything."""
SECRET_PREFIX = "sb_secret_"
REFUSED = _(
    "This key stands above row-level security: it reads and changes everything in your project, whatever your policies say. "
    "Use a token for a role of the portal's own, which may do only what the portal needs, or else a publishable (anon) key."
)


def claims(key: str) -> dict[str, Any] | None:
    """What a JWT claims, unverified: the server verifies. None: this is no JWT."""
    parts = key.split(".")
    if len(parts) != 3:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def stands_above_policies(key: str) -> bool:
    said = claims(key)
    if said is None:
        return key.strip().lower().startswith(SECRET_PREFIX)
    role = said.get("role")
    return isinstance(role, str) and role.strip().lower() in ABOVE_ALL


def expired_at(key: str) -> datetime | None:
    """When the key ran out; None: it has not, or does not say."""
    until = (claims(key) or {}).get("exp")
    if not isinstance(until, (int, float)) or isinstance(until, bool):
        return None
    try:
        moment = datetime.fromtimestamp(until, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment <= datetime.now(UTC) else None
