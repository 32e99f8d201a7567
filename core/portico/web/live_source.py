"""Hears PostgreSQL's NOTIFY on a connection of its own, and notices when that connection is dead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from portico.web.live import Source

CHANNEL = "portico_events"
_PROBE_S = 15.0


def postgres_source(url: str, channel: str = CHANNEL) -> Source:
    """`url`: a direct connection; LISTEN does not survive a pooler that shares one between transactions."""

    async def listen() -> AsyncIterator[str | None]:
        connection = await AsyncConnection.connect(
            url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True, connect_timeout=5,
            application_name="portico live events", keepalives_idle=10, keepalives_interval=5,
            keepalives_count=3)
        async with connection:
            await connection.execute(SQL("listen {}").format(Identifier(channel)))
            yield None
            while True:
                async for notification in connection.notifies(timeout=_PROBE_S):
                    yield notification.payload
                async with asyncio.timeout(5):
                    await connection.execute("select 1")

    return listen
