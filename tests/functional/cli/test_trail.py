"""Every command that changes something leaves an entry in the audit trail: generated from the parser of `portico`."""

from __future__ import annotations

import argparse
import io
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.functional.cli.test_people import run
from tests.functional.identity.test_signing_in import mails_to

from portico.cli import backup, database, keys, people
from portico.cli.commands import CommandError, registry
from portico.testing.person import Person
from portico.testing.portal import Portal

ROOT = Path(__file__).parents[3]
PASSWORD = "a quiet blue house"
NOTHING_CHANGES = {
    "run": "starts processes; what it migrates is noted as by `portico migrate`",
    "serve": "starts processes",
    "worker": "starts processes",
    "audit verify": "reads",
    "backup list": "reads",
    "backup verify": "reads",
    "passwords": "makes a file of a file",
    "docs": "writes the project's pages",
    "i18n": "writes a package's catalogues",
    "vendor": "writes the project's assets",
    "new": "makes a new plugin's folder",
    "mapping export": "reads",
    "orders backtest": "reads",
    "signatures authority": "reads",
    "demo load": "makes companies and people as `portico tenant add` and `portico user add` do",
    "demo process": "plays a company, in the company's own database",
    "demo price": "plays a company, in the company's own database",
    "demo database": "makes an empty database beside the portal's",
    "demo stop": "plays a company's database server",
    "demo start": "plays a company's database server",
}
IN_THEIR_OWN_TEST = {
    "keys move": "tests/functional/cli/test_keys.py::test_new_master_key_takes_everything_over_or_nothing",
    "backup restore": "tests/functional/backup/test_backup.py::test_all_of_it_is_there_again",
    "signatures bring": "tests/functional/portico_signatures/test_sealing.py::test_a_certificate_that_the_operator_brings_signs_from_then_on",
    "mapping import": "tests/functional/connections/test_mapping_command.py::test_what_goes_out_comes_back_in",
}


def leaves(parser: argparse.ArgumentParser, name: str = "") -> Iterator[str]:
    """Every command with its action, as it is typed."""
    below = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    if not below:
        yield name
    for action in below:
        for word, child in action.choices.items():
            yield from leaves(child, f"{name} {word}".strip())


def add_company(portal: Portal, folder: Path) -> str:
    run(portal, people.tenant, "add", "c" + secrets.token_hex(5), "Sense", "--currency", "EUR")
    return "company.created"


def add_user(portal: Portal, folder: Path) -> str:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stdin", io.StringIO(PASSWORD))
        run(portal, people.user, "add", f"{secrets.token_hex(5)}@example.com", "Ada", "--password-stdin")
    return "identity.person-added"


def reset_factors(portal: Portal, folder: Path) -> str:
    run(portal, people.user, "reset-factors", portal.person().email)
    return "identity.factors-reset"


def disable(portal: Portal, folder: Path) -> str:
    run(portal, people.user, "disable", portal.person().email)
    return "identity.disabled"


def enable(portal: Portal, folder: Path) -> str:
    email = portal.person().email
    run(portal, people.user, "disable", email)
    run(portal, people.user, "enable", email)
    return "identity.enabled"


def end_operator(portal: Portal, folder: Path) -> str:
    run(portal, people.user, "no-operator", portal.person(operator=True).email)
    return "identity.operator-ended"


def rotate(portal: Portal, folder: Path) -> str:
    run(portal, keys.keys, "rotate", "--tenant", portal.company().slug)
    return "company.keys-rotated"


def back_up(portal: Portal, folder: Path) -> str:
    run(portal, backup.backup, "create", "--folder", str(folder))
    return "installation.backup"


def migrate(portal: Portal, folder: Path) -> str:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("portico.db.setup.prepare", lambda settings, plugins: ["core c9999"])
        run(portal, database.migrate)
    return "installation.migrated"


CHANGES: dict[str, Callable[[Portal, Path], str]] = {
    "tenant add": add_company,
    "user add": add_user,
    "user reset-factors": reset_factors,
    "user disable": disable,
    "user enable": enable,
    "user no-operator": end_operator,
    "keys rotate": rotate,
    "backup create": back_up,
    "migrate": migrate,
}


def test_every_command_is_known() -> None:
    parser = argparse.ArgumentParser()
    registry(parser)
    assert set(leaves(parser)) == NOTHING_CHANGES.keys() | IN_THEIR_OWN_TEST.keys() | CHANGES.keys()
    for named in IN_THEIR_OWN_TEST.values():
        file, _, test = named.partition("::")
        text = (ROOT / file).read_text().split(f"\ndef {test}(")[1].split("\ndef ")[0]
        assert "audit" in text, f"{named} does not look into the trail"


@pytest.mark.parametrize("name", CHANGES)
def test_a_command_that_changes_something_says_so(portal: Portal, tmp_path: Path, name: str) -> None:
    with portal.superuser() as db:
        since = db.scalar(sa.text("SELECT clock_timestamp()"))
    action = CHANGES[name](portal, tmp_path)
    with portal.superuser() as db:
        found = db.execute(sa.text("SELECT action, actor FROM audit_entry WHERE at > :since"), {"since": since}).all()
    assert (action, "command") in [tuple(row) for row in found]


def test_who_has_an_account_keeps_their_password_unless_it_is_said(portal: Portal) -> None:
    person, company = portal.person("Paula Person"), portal.company()
    client = portal.client(person)
    with pytest.raises(CommandError, match="--replace-password"):
        run(portal, people.user, "add", person.email, "Mallory")
    run(portal, people.user, "add", person.email, "Mallory", "--company", company.slug)
    run(portal, people.user, "add", person.email, "Mallory", "--operator")
    assert "Paula Person" in client.get("/account", status=200)
    client.get("/operator", status=200)
    company.anonymous().post("/sign-in", {"email": person.email, "password": Person.PASSWORD}, status=303)
    assert mails_to(portal, person.email) == []
    with portal.superuser() as db:
        query = sa.text("SELECT action FROM audit_entry WHERE subject_id = :u AND actor = 'command'")
        assert set(db.scalars(query, {"u": str(person.id)})) == {"membership.added", "identity.operator-made"}


def test_a_password_that_is_replaced_ends_sessions_and_is_told(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    person = portal.person("Paula Person", operator=True)
    client = portal.client(person)
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD))
    run(portal, people.user, "add", person.email, "Mallory", "--replace-password", "--password-stdin")
    assert "/sign-in" in client.get("/account", status=303).location
    [mail] = mails_to(portal, person.email)
    assert mail.kind == "security-changed"
    assert "Your password was changed" in mail.text
    assert "those who run this portal" in mail.text
    fresh = portal.client()
    fresh.post("/sign-in", {"email": person.email, "password": Person.PASSWORD}, status=401)
    fresh.post("/sign-in", {"email": person.email, "password": PASSWORD}, status=303)
    assert "Paula Person" in fresh.get("/account")
    fresh.get("/operator", status=200)
    with portal.superuser() as db:
        query = sa.text("SELECT actor FROM audit_entry WHERE subject_id = :u AND action = 'identity.password-replaced'")
        assert db.scalars(query, {"u": str(person.id)}).all() == ["command"]
