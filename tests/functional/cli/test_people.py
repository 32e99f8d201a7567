"""`portico tenant` and `portico user`: what cannot be meant is refused in one line, and changes nothing."""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import subprocess
import sys
from typing import Any

import pytest
import sqlalchemy as sa

from portico.cli import people
from portico.cli.commands import CommandError
from portico.db.types import new_id
from portico.testing.portal import Portal


def run(portal: Portal, command: Any, *arguments: str) -> None:
    """With the portal's own parts: a command's end with its process, and with them what they have open."""
    parser = argparse.ArgumentParser()
    made = command(parser)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("portico.app.build", lambda settings: portal.parts)
        made(portal.settings, parser.parse_args(arguments))


def slug() -> str:
    return "c" + secrets.token_hex(5)


def known(portal: Portal, table: str, column: str, value: str) -> bool:
    with portal.superuser() as db:
        return bool(db.scalar(sa.text(f"SELECT count(*) FROM {table} WHERE {column} = :v"), {"v": value}))


def test_a_company_that_makes_sense_is_added(portal: Portal, capsys: pytest.CaptureFixture[str]) -> None:
    short = slug()
    run(portal, people.tenant, "add", short, "Sense", "--currency", "eur", "--locale", "fr", "--time-zone", "Africa/Cairo")
    assert f"/c/{short}/" in capsys.readouterr().out
    assert "Sense" in portal.client(None, f"/c/{short}").get("/sign-in", status=200)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (("--locale", "xx"), "ar, en, fr"),
        (("--time-zone", "Mars/X"), "Europe/Paris"),
        (("--currency", "ZZZ"), "EUR"),
        (("--currency", "1"), "EUR"),
        (("--theme", "nosuch"), "portico_clear"),
    ],
)
def test_a_company_of_nonsense_is_refused_with_what_is_known(portal: Portal, wrong: tuple[str, str], word: str) -> None:
    short = slug()
    with pytest.raises(CommandError, match=word) as refused:
        run(portal, people.tenant, "add", short, "Nonsense", "--currency", "EUR", *wrong)
    assert str(refused.value).startswith(wrong[0].removeprefix("--").replace("-", " ") + ": ")
    assert "\n" not in str(refused.value)
    assert not known(portal, "tenant", "slug", short)


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_a_company_has_a_name(portal: Portal, name: str) -> None:
    short = slug()
    with pytest.raises(CommandError, match="1 to 120"):
        run(portal, people.tenant, "add", short, name, "--currency", "EUR")
    assert not known(portal, "tenant", "slug", short)


def test_rows_that_nobody_can_read_take_no_page_down(portal: Portal) -> None:
    """As a command of before, or a hand in the database, may have left them."""
    company, sound = portal.company(), portal.company()
    with portal.superuser() as db:
        db.execute(
            sa.text("UPDATE tenant SET locale = 'xx', locales = '{xx,fr}', time_zone = 'Mars/X', theme = 'nosuch', "
                    "currency = 'ZZZ' WHERE id = :id"),
            {"id": company.id},
        )  # fmt: skip
    chooser = portal.client().get("/", status=200)
    assert company.slug in chooser
    assert sound.slug in chooser
    assert 'lang="en"' in company.anonymous().get("/sign-in", status=200)
    assert 'lang="fr"' in company.anonymous().get("/sign-in?lang=fr", status=200)
    admin = company.admin()
    for page in ("/", "/orders", "/quotes", "/admin", "/admin/members", "/admin/audit"):
        admin.get(page, status=200)
    portal.operator().get(f"/operator/companies/{company.id}", status=200)


def test_a_role_that_is_none_makes_nobody(portal: Portal) -> None:
    company, email = portal.company(), f"{slug()}@example.com"
    with pytest.raises(CommandError, match=r"no role 'nosuch'.* admin, agent"):
        run(portal, people.user, "add", email, "Ada", "--company", company.slug, "--role", "nosuch")
    with pytest.raises(CommandError, match="no active company 'nowhere'"):
        run(portal, people.user, "add", email, "Ada", "--company", "nowhere")
    with pytest.raises(CommandError, match="a name has 1 to 120 characters"):
        run(portal, people.user, "add", email, " ")
    assert not known(portal, "app_user", "email", email)


def test_without_a_terminal_the_way_out_is_named(portal: Portal) -> None:
    settings = portal.settings
    installation = {
        "PORTICO_HOME": str(settings.home),
        "PORTICO_MASTER_KEY": base64.urlsafe_b64encode(settings.master_key).decode(),
        "PORTICO_DATABASE": settings.database,
        **({"PORTICO_DATABASE_URL": settings.database_url} if settings.database_url else {}),
    }
    done = subprocess.run(
        [sys.executable, "-m", "portico.cli", "user", "add", f"{new_id().hex}@example.com", "Ada"],
        env={**os.environ, **installation}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=60, start_new_session=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "--password-stdin" in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
