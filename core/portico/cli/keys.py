"""Commands about the keys that secrets are sealed with."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from portico import audit
from portico.cli.commands import Command, CommandError
from portico.cli.records import by_command, note_by
from portico.connections.secrets import Cipher, SealError
from portico.db import roles, setup
from portico.identity import sealing
from portico.identity.factors.sealing import FORMER, seal, unseal
from portico.identity.sealing import UnsealableError
from portico.notify.mail import PURPOSE as MAIL
from portico.privacy.service import ARCHIVE
from portico.settings import Settings, read_key


@dataclass
class Moved:
    """What a change of the master key did."""

    data_keys: int = 0
    factors: int = 0
    archives: int = 0
    mails: int = 0
    without_codes: int = 0


def keys(parser: argparse.ArgumentParser) -> Command:
    """Change the keys that secrets are sealed with.

    portico keys rotate                    a new data key for each company, its secrets and files' keys sealed with it;
                                           authenticators of people that are not yet sealed with keys of their own are
    portico keys rotate --tenant acme      one company's
    portico keys move former_master_key    after a change of the master key: takes over what the former one, in that file,
                                           had sealed

    To change the master key: stop web and workers, keep the former key in a file, set the new one (PORTICO_MASTER_KEY or
    home/secrets/master_key), run `portico keys move FILE` as the administrator, start again. It is done whole or not at
    all, and again does nothing more. Everybody signs in anew. Recovery codes cannot be taken over, as only their hashes
    are kept: they are removed, and their owners are asked for new ones when they look at their sign-in and security.
    """
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    rotate = actions.add_parser("rotate", help="a new data key for each company")
    rotate.add_argument("--tenant", metavar="NAME", help="short name of a company; without it, all")
    move = actions.add_parser("move", help="take over what another master key had sealed")
    move.add_argument("former", type=Path, metavar="FILE", help="holds the former master key")

    def run(settings: Settings, options: argparse.Namespace) -> None:
        if options.action == "rotate":
            for slug, count in rotated(settings, options.tenant):
                print(f"{slug}: a new data key, {count} secrets sealed with it")
            if not options.tenant and (count := sealed_anew(settings)):
                print(f"{count} authenticators are sealed with their owners' own keys now")
            return
        try:
            former = read_key(options.former)
        except (OSError, ValueError) as error:
            raise CommandError(f"{options.former} holds no master key ({error}).") from error
        done = moved(settings, former)
        print(f"{done.data_keys} data keys and {done.factors} authenticators were taken over.")
        if done.without_codes:
            print(f"{done.without_codes} people have no recovery codes any more.")

    return run


def rotated(settings: Settings, tenant: str | None = None) -> list[tuple[str, int]]:
    """(short name, secrets) of each company that got a new data key. Raises CommandError for an unknown one."""
    from portico.app import UnknownTenantError, build
    from portico.connections.keys import rotate_data_key
    from portico.tenancy.scope import Scope

    parts = build(settings)
    try:
        with parts.sessions.scoped(Scope(kind="operator")) as db:
            slugs = list(db.scalars(sa.text("SELECT slug FROM tenant WHERE status = 'active' ORDER BY slug")))
        found = []
        for slug in [tenant] if tenant else slugs:
            company = parts.tenant(slug=slug)
            with parts.sessions.scoped(by_command(parts.system_scope(company))) as db:
                count = rotate_data_key(db, parts.cipher)
                audit.record(db, "company.keys-rotated", subject=("tenant", company.id), after={"count": count})
                found.append((slug, count))
        return found
    except UnknownTenantError:
        raise CommandError(f"There is no active company {tenant!r}. `portico tenant` lists them.") from None
    finally:
        parts.connections.close()
        parts.engine.dispose()


def moved(settings: Settings, former: bytes) -> Moved:
    """One transaction of the administrator's, who alone sees everybody's rows. Raises CommandError."""
    setup.start_embedded(settings)
    with psycopg.connect(setup.admin_url(settings, settings.database)) as admin:
        if roles.master_key_of(admin) == roles.fingerprint(settings.master_key):
            return Moved()
        roles.ensure_roles(admin, settings.master_key)  # the logins' passwords hang on it, too
        try:
            done = Moved(*(one(admin, settings.master_key, former) for one in (_data_keys, _factors, _archives, _mails)))
        except (SealError, UnsealableError) as error:
            raise CommandError(
                f"Nothing was changed: there are secrets that neither the present nor that key opens ({error})."
            ) from error
        removed = admin.execute("DELETE FROM recovery_code RETURNING user_id, used_at").fetchall()
        done.without_codes = len({person for person, used_at in removed if used_at is None})
        roles.note_master_key(admin, settings.master_key)
        note_by(admin, "installation.master-key", asdict(done))
        return done


def _data_keys(admin: psycopg.Connection[Any], now: bytes, former: bytes) -> int:
    present, past = Cipher(now), Cipher(former)
    query = "SELECT id, tenant_id, version, wrapped FROM tenant_key FOR UPDATE"
    count = 0
    for key_id, tenant, version, wrapped in admin.execute(query).fetchall():
        try:
            present.data_key(wrapped, tenant, version)
        except SealError:
            anew = present.rewrap(wrapped, tenant, version, past)
            admin.execute("UPDATE tenant_key SET wrapped = %s WHERE id = %s", (anew, key_id))
            count += 1
    return count


def _factors(admin: psycopg.Connection[Any], now: bytes, former: bytes) -> int:
    query = "SELECT id, user_id, sealed FROM user_factor WHERE sealed IS NOT NULL FOR UPDATE"
    count = 0
    for factor, person, sealed in admin.execute(query).fetchall():
        try:
            unseal(now, person, factor, sealed)
        except UnsealableError:
            anew = seal(now, person, factor, unseal(former, person, factor, sealed))
            admin.execute("UPDATE user_factor SET sealed = %s WHERE id = %s", (anew, factor))
            count += 1
    return count


def _archives(admin: psycopg.Connection[Any], now: bytes, former: bytes) -> int:
    query = "SELECT id, user_id, file FROM data_request WHERE file IS NOT NULL FOR UPDATE"
    count = 0
    for request, person, file in admin.execute(query).fetchall():
        try:
            sealing.unseal(now, ARCHIVE, person, file, row=request)
        except UnsealableError:
            plain = sealing.unseal(former, ARCHIVE, person, file, row=request)
            anew = sealing.seal(now, ARCHIVE, person, plain, row=request)
            admin.execute("UPDATE data_request SET file = %s WHERE id = %s", (anew, request))
            count += 1
    return count


def _mails(admin: psycopg.Connection[Any], now: bytes, former: bytes) -> int:
    """Links in mails that wait."""
    count = 0
    for mail, secret in admin.execute("SELECT id, secret FROM mail WHERE secret IS NOT NULL FOR UPDATE").fetchall():
        try:
            sealing.unseal(now, MAIL, mail, secret)
        except UnsealableError:
            anew = sealing.seal(now, MAIL, mail, sealing.unseal(former, MAIL, mail, secret))
            admin.execute("UPDATE mail SET secret = %s WHERE id = %s", (anew, mail))
            count += 1
    return count


def sealed_anew(settings: Settings) -> int:
    """How many authenticators were still sealed with the one key of all people: they are with their owners' own now."""
    key = settings.master_key
    with psycopg.connect(setup.admin_url(settings, settings.database)) as admin:
        query = "SELECT id, user_id, sealed FROM user_factor WHERE substring(sealed from 1 for 1) = %s FOR UPDATE"
        found = admin.execute(query, (FORMER,)).fetchall()
        for factor, person, sealed in found:
            anew = seal(key, person, factor, unseal(key, person, factor, sealed))
            admin.execute("UPDATE user_factor SET sealed = %s WHERE id = %s", (anew, factor))
        if found:
            note_by(admin, "installation.factors-sealed", {"factors": len(found)})
    return len(found)


COMMANDS = (("keys", keys),)
