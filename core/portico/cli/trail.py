"""The command that verifies audit trails."""

from __future__ import annotations

import argparse
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from portico.audit.anchors import Anchors
from portico.audit.verification import APEX, Verdict, verify
from portico.cli.commands import Command, CommandError
from portico.settings import Settings

SOUND, TAMPERED, NOT_VOUCHED_FOR = 0, 1, 2
_FAULTS = {
    "changed": "BROKEN at link {at}: its entry or its hash was changed in the database.",
    "entry-missing": "BROKEN at link {at}: its entry was removed from the database.",
    "link-missing": "BROKEN at link {at}: the link was removed from the database.",
    "cut": "CUT OFF: the chain ends at link {links}, but link {at} was anchored. What came after was removed.",
    "rewritten": "REWRITTEN: link {at} is not the one that was anchored. Entries were changed and chained anew.",
}


def audit(parser: argparse.ArgumentParser) -> Command:
    """Verify the chains of the audit trails.

    portico audit verify                   every company's trail, and the installation's own
    portico audit verify --tenant acme     one company's

    Recomputes every link and compares it with the anchors outside the database, one line for each trail. Exit status 1 if
    an entry was changed or removed, a tail cut off, or a chain rewritten; 2 if all chains are sound and for one of them no
    anchor is at hand, so that nobody can tell whether its end was cut off, or entries wait to be sealed for more than five
    minutes, so that nobody can tell whether they were changed: no worker runs, or its job `audit.seal` fails.
    """
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    child = actions.add_parser("verify", help="recompute every link and compare it with the anchors")
    child.add_argument("--tenant", metavar="NAME", help="short name of a company; without it, all trails")
    child.add_argument("--anchors", metavar="FOLDER", help="where the anchors are; default: PORTICO_AUDIT_ANCHORS")

    def run(settings: Settings, options: argparse.Namespace) -> int:
        from portico.app import build
        from portico.tenancy.scope import Scope

        anchors = Anchors(Path(options.anchors) if options.anchors else settings.anchors_folder)
        parts = build(settings)
        worst = SOUND
        try:
            with parts.sessions.scoped(Scope(kind="operator")) as db:
                db.execute(sa.text("SET LOCAL statement_timeout = 0"))  # a long chain takes as long as it takes
                known = {row.chain: row.name for row in db.execute(sa.text("SELECT chain, name FROM audit_chains()"))}
            known[APEX] = "the installation"
            for chain in anchors.chains() - known.keys():
                known[chain] = None
            chosen = {chain: name for chain, name in known.items() if options.tenant in (None, name)}
            if not chosen:
                raise CommandError(f"There is no company {options.tenant!r}. `portico tenant` lists them.")
            for chain, name in sorted(chosen.items(), key=lambda one: (one[1] is None, one[1] or "", one[0])):
                with parts.sessions.scoped(Scope(kind="operator")) as db:
                    db.execute(sa.text("SET LOCAL statement_timeout = 0"))
                    verdict = verify(db, chain, anchors.of(chain))
                print(f"{name or _unknown(chain)}: {sentence(verdict)}")
                worst = _worse(worst, verdict)
        finally:
            parts.engine.dispose()
        if worst == NOT_VOUCHED_FOR:
            print(f"Anchors were looked for in {anchors.folder}.")
        return worst

    return run


def sentence(verdict: Verdict) -> str:
    if verdict.fault:
        return _FAULTS[verdict.fault].format(at=verdict.at, links=verdict.links)
    if not verdict.links:
        return "0 links, all sound: nothing is sealed yet." + waiting(verdict)
    anchored = f"{verdict.anchors} anchors agree" if verdict.anchored else "NO ANCHOR at hand: a cut tail would not show"
    return f"{verdict.links} links, all sound, {anchored}. Head {verdict.head.hex()}." + waiting(verdict)


def waiting(verdict: Verdict) -> str:
    """What is said of entries that are in no link yet, "" if there are none."""
    if not verdict.unsealed:
        return ""
    entries = "1 entry is" if verdict.unsealed == 1 else f"{verdict.unsealed} entries are"
    told = " NOT SEALED FOR TOO LONG: a change of them would not show. Is a worker running?" if verdict.late else ""
    return f" {entries} not sealed yet, the oldest of {verdict.since:%Y-%m-%d %H:%M:%S} UTC.{told}"


def _worse(so_far: int, verdict: Verdict) -> int:
    if verdict.fault or so_far == TAMPERED:
        return TAMPERED
    return so_far if verdict.anchored and not verdict.late else NOT_VOUCHED_FOR


def _unknown(chain: UUID) -> str:
    return f"{chain} (no such company any more)"


COMMANDS = (("audit", audit),)
