"""The command `portico signatures`: the installation's certificate, and a company's own."""

from __future__ import annotations

import argparse
import getpass
import os
from pathlib import Path
from typing import Any

from portico.cli.commands import Command, CommandError
from portico.settings import Settings

PASSWORD = "PKCS12_PASSWORD"


def add(parser: argparse.ArgumentParser) -> Command:
    """What documents are signed with.

    portico signatures authority             prints the certificate of this installation's own authority, in PEM: who trusts
                                             it sees the companies' signatures as those of somebody known
    portico signatures bring acme file.p12   has a company sign with a certificate of its own from now on; the password is
                                             asked for, or read from PKCS12_PASSWORD
    """
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("authority", help="print the certificate of the installation's authority")
    bring = actions.add_parser("bring", help="have a company sign with a certificate of its own")
    bring.add_argument("company", help="the company's short name")
    bring.add_argument("file", type=Path, help="PKCS #12, with the private key and the certificates above")

    def run(settings: Settings, options: argparse.Namespace) -> None:
        if options.action == "authority":
            from portico_signatures.authority import authority, pem

            print(pem(authority(settings.master_key).certificate), end="")
            return
        _bring(settings, options.company, options.file)

    return run


def _bring(settings: Settings, slug: str, file: Path) -> None:
    from portico.app import UnknownTenantError, opened
    from portico.db.types import now
    from portico_signatures import identities

    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error
    given = os.environ.get(PASSWORD)
    password = given if given is not None else getpass.getpass("Password of the file: ")
    try:
        identity = identities.read(content, password.encode() or None, now())
        with opened(settings) as parts:
            print(keep(parts, slug, identity))
    except identities.UnusableKeyError as error:
        raise CommandError(str(error)) from error
    except UnknownTenantError as error:
        raise CommandError(f"there is no company {slug!r}") from error


def keep(parts: Any, slug: str, identity: Any) -> str:
    """Raises UnknownTenantError."""
    from portico.cli.records import by_command
    from portico_signatures import identities

    tenant = parts.tenant(slug=slug)
    with parts.sessions.scoped(by_command(parts.system_scope(tenant))) as db:
        identities.keep(db, parts.cipher, identity, brought=True)
    return f"{tenant.name} signs with this certificate from now on."
