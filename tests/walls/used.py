"""One company for many tests that change something: as long as it does, and nobody of it has become somebody else."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from tests.walls.world import Side, build_side, prove_everybody

from portico.testing.portal import Portal

# What decides who people are and what they may; not when they were last seen.
WHO_IS_WHO = sa.text("""
    SELECT md5(string_agg(found, ',' ORDER BY found)) FROM (
        SELECT concat(id, email, password_hash, status, is_operator, factors) FROM app_user WHERE id = ANY(:people)
        UNION ALL SELECT concat(user_id, kind, roles, status, barred) FROM membership WHERE tenant_id = :tenant AND user_id = ANY(:people)
        UNION ALL SELECT concat(user_id, account_id, role, reach, site_ids) FROM account_member WHERE tenant_id = :tenant AND user_id = ANY(:people)
        UNION ALL SELECT concat(id, user_id, tenant_id, second_factor, actor_id) FROM web_session WHERE user_id = ANY(:people) AND kind = 'browser' AND token_hash = ANY(:tokens)
        UNION ALL SELECT concat(name, kind, permissions) FROM tenant_role WHERE tenant_id = :tenant
        UNION ALL SELECT concat(plugin, enabled) FROM tenant_plugin WHERE tenant_id = :tenant
        UNION ALL SELECT concat(host, slug, status, signup, locales, settings) FROM tenant WHERE id = :tenant
    ) AS rows (found)""")


class NotDoneError(AssertionError):
    """Somebody who may did not succeed, or nothing was left to do: all that a company may be too used for."""


class Used:
    """Who may do something may fail in a company that others have used, for what they left: then it has to succeed in a new
    one. Whatever else a test finds there, such as somebody let in who may not, stands."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self._side: Side | None = None
        self._people: str | None = None

    def attempt(self, test: Callable[[Side], None]) -> None:
        """`test` raises NotDoneError for what the company may be too used for."""
        side, self._side = self._side, None
        if side is None or not self._succeeds(test, side):
            side = build_side(self.portal)
            self._people = who_is_who(side)
            test(side)
        if who_is_who(side) == self._people:
            side.ready.clear()
            self._side = side

    def _succeeds(self, test: Callable[[Side], None], side: Side) -> bool:
        prove_everybody(side)
        try:
            test(side)
        except NotDoneError:
            return False
        return True


def who_is_who(side: Side) -> str | None:
    from portico.identity.cookies import hash_token

    tokens = [hash_token(token) for client in side.clients.values() if (token := client.web.cookies.get("portico"))]
    with side.company.portal.superuser() as connection:
        found: str | None = connection.scalar(WHO_IS_WHO, {"people": side.people, "tokens": tokens, "tenant": side.company.id})
    return found
