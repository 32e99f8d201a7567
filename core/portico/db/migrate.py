"""Migrations: one Alembic lineage and version table per plugin, ordered and checked before the first DDL.

A plugin whose package is gone keeps its tables and its version table: it is listed, never touched, and finds its data
when it comes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:  # servers and workers never migrate: Alembic would be 9 MB in each of their processes
    from alembic.config import Config
    from alembic.script import ScriptDirectory

CORE = "portico"
_REVISION = re.compile(r"""^revision\b[^=\n]*=\s*["'](\w+)["']\s*$""", re.MULTILINE)
_DOWN = re.compile(r"""^down_revision\b[^=\n]*=\s*(?:None|["'](\w+)["'])\s*$""", re.MULTILINE)
_LOCK = 7305420  # one upgrade at a time, whoever starts it


class MigrationError(RuntimeError):
    """The installed packages do not fit together; nothing was changed."""


@dataclass(frozen=True)
class Lineage:
    """The migrations of core or of one plugin. `core` is the core revision it needs, `requires` other lineages."""

    name: str
    folder: Path
    requires: tuple[str, ...] = ()
    core: str | None = None

    @property
    def version_table(self) -> str:
        return f"{self.name}_version"

    def script(self) -> ScriptDirectory:
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(self.folder))
        config.set_main_option("version_locations", str(self.folder))
        config.set_main_option("path_separator", "newline")
        return ScriptDirectory.from_config(config)

    def head(self) -> str | None:
        return self.script().get_current_head()


@dataclass(frozen=True)
class LineageState:
    name: str
    current: str | None
    head: str | None
    installed: bool


def core_lineage() -> Lineage:
    return Lineage(CORE, Path(str(files("portico_migrations") / "versions")))


def upgrade(engine: sa.Engine, lineages: Sequence[Lineage]) -> list[str]:
    """Bring every lineage to its head, in dependency order, one transaction per migration. Names what was applied."""
    ordered = order(lineages)
    applied: list[str] = []
    with engine.connect() as connection:
        if stand_at(connection, ordered):
            return []
    with engine.connect() as guard:
        guard.execute(sa.text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        try:
            check(ordered)
            for lineage in ordered:
                with engine.connect() as connection:
                    applied += _upgrade_one(connection, lineage)
        finally:
            guard.rollback()
            guard.execute(sa.text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
    return applied


def order(lineages: Iterable[Lineage]) -> list[Lineage]:
    """Core first, then each plugin after those it requires. Raises MigrationError for a circle or a gap."""
    waiting = {lineage.name: lineage for lineage in sorted(lineages, key=lambda one: one.name)}
    done = [waiting.pop(CORE)]
    while waiting:
        ready = [lineage for lineage in waiting.values() if not set(lineage.requires) & waiting.keys()]
        if not ready:
            raise MigrationError(f"these plugins require each other: {', '.join(waiting)}")
        done += [waiting.pop(lineage.name) for lineage in ready]
    names = {lineage.name for lineage in done}
    for lineage in done:
        for need in lineage.requires:
            if need not in names:
                raise MigrationError(f"{lineage.name} requires {need}, which brings no migrations or is not installed")
    return done


def check(ordered: Sequence[Lineage]) -> None:
    """Refuse before any change if a plugin needs a core revision that this core does not have."""
    core = next(lineage for lineage in ordered if lineage.name == CORE)
    known = {revision.revision for revision in core.script().walk_revisions()}
    for lineage in ordered:
        if lineage.core and lineage.core not in known:
            raise MigrationError(f"{lineage.name} needs core revision {lineage.core}; this core ends at {core.head()}")
        heads = lineage.script().get_heads()
        if len(heads) > 1:
            raise MigrationError(f"{lineage.name} has several heads: {', '.join(heads)}")


def stand_at(connection: sa.Connection, ordered: Sequence[Lineage]) -> bool:
    """True if every lineage surely stands at its head; False means that Alembic has to look.

    It spares most starts Alembic, which would be imported with every migration there is, to find nothing to do.
    """
    declared = {lineage.name: declarations(lineage.folder) for lineage in ordered}
    for lineage in ordered:
        found = declared[lineage.name]
        if found is None or (lineage.core and lineage.core not in (declared[CORE] or {})):
            return False
        heads = found.keys() - found.values()
        table = connection.scalar(sa.select(sa.func.to_regclass(lineage.version_table)))
        if len(heads) != 1 or table is None:
            return False
        versions = sa.table(lineage.version_table, sa.column("version_num"))
        if set(connection.scalars(sa.select(versions.c.version_num))) != heads:
            return False
    return True


def declarations(folder: Path) -> dict[str, str | None] | None:
    """Revision → the one before, as written in a folder's files; None if one of them writes them in another form."""
    found: dict[str, str | None] = {}
    for file in folder.glob("[!_]*.py"):
        text = file.read_text(encoding="utf-8")
        revision, down = _REVISION.findall(text), _DOWN.findall(text)
        if len(revision) != 1 or len(down) != 1 or revision[0] in found:
            return None
        found[revision[0]] = down[0] or None
    return found


def _upgrade_one(connection: sa.Connection, lineage: Lineage) -> list[str]:
    from alembic.runtime.environment import EnvironmentContext

    script = lineage.script()
    applied: list[str] = []

    def steps(revision: Any, context: Any) -> Any:
        return script._upgrade_revs("heads", revision)

    def note(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
        applied.extend(f"{lineage.name}:{revision}" for revision in step.up_revision_ids)

    with EnvironmentContext(script_config(lineage), script, fn=steps, destination_rev="heads") as environment:
        environment.configure(
            connection=connection,
            version_table=lineage.version_table,
            transaction_per_migration=True,
            on_version_apply=note,
        )
        environment.run_migrations()
    return applied


def script_config(lineage: Lineage) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(lineage.folder))
    return config


def states(connection: sa.Connection, lineages: Iterable[Lineage]) -> list[LineageState]:
    """Where each lineage stands, those of plugins that are gone included."""
    tables = version_tables(connection)
    known = {lineage.version_table: lineage for lineage in lineages}
    found: list[LineageState] = []
    for table in sorted(known.keys() | tables):
        lineage = known.get(table)
        current = None
        if table in tables:
            quoted = sa.table(table, sa.column("version_num"))
            current = connection.scalar(sa.select(quoted.c.version_num))
        found.append(
            LineageState(
                table.removesuffix("_version"), current, lineage.head() if lineage else None, lineage is not None
            )
        )
    return found


def version_tables(connection: sa.Connection) -> set[str]:
    """The version tables in the database, whoever made them.

    A plugin's package may have any name, so a table is known by its form: `…_version`, with nothing but Alembic's column.
    """
    inspector = sa.inspect(connection)
    named = [name for name in inspector.get_table_names() if name.endswith("_version")]
    return {name for name in named if [column["name"] for column in inspector.get_columns(name)] == ["version_num"]}
