"""The audit trail in plain words: every action has a title, people have names, the company's system and the portal too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portico import audit, events
from portico.audit.words import WORDS
from portico.pluginhost.host import package_folder
from portico.pluginhost.manifest import ManifestError
from portico.pluginhost.values import AuditWords
from portico.testing.portal import Portal
from portico.web.i18n import translate

LANGUAGES = ("en", "fr", "ar")


def recorded(folder: Path) -> Iterator[str]:
    """What the code of a package records, as patterns: what is put in when it runs stands for anything."""
    for file in folder.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named = call.func.attr if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else ""
            if named in ("record", "refused") and getattr(call.func.value, "id", "") == "audit":  # type: ignore[attr-defined]
                given = call.args[1 if named == "record" else 2]  # type: ignore[attr-defined]
                texts = [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]
                yield from (pattern for text in texts if (pattern := written(text)))


def written(text: ast.expr) -> str:
    if isinstance(text, ast.Constant):
        return re.escape(str(text.value))
    if isinstance(text, ast.JoinedStr):
        return "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in text.values)
    return ""


def test_every_action_that_is_recorded_has_a_title(portal: Portal) -> None:
    words = portal.parts.audit_words
    found = {name: set(recorded(package_folder(name))) for name in ("portico", *portal.parts.plugins.manifests)}
    assert {"portico", "portico_quotes", "portico_customers"} <= {name for name, patterns in found.items() if patterns}
    without = [
        f"{name}: {pattern}"
        for name, patterns in found.items()
        for pattern in patterns
        if not any(re.fullmatch(pattern, action) for action in words.actions)
    ]
    assert without == []


def test_every_title_is_said_in_each_language(portal: Portal) -> None:
    words = portal.parts.audit_words
    for texts in (words.actions, words.subjects):
        for name, title in texts.items():
            said = {translate(language, title) for language in LANGUAGES}
            assert name not in said
            assert len(said) > 1, f"{name} is not translated"


@pytest.mark.parametrize(("language", "words"), [
    ("en", ["Member added"]), ("fr", ["Membre ajouté"]), ("ar", ["أُضيف عضو"]),
])
def test_staff_read_words_and_names(portal: Portal, language: str, words: list[str]) -> None:
    company = portal.company(plugins=[])
    admin = company.admin()
    page = admin.get(f"/admin/audit?lang={language}")
    shown = [cell.get_text(" ", strip=True) for cell in page.html.select("td.cell-head")]
    assert shown, page
    for title in words:
        assert title in shown
    assert not [title for title in shown if re.fullmatch(r"[a-z_]+\.[a-z_.-]+", title)]
    assert "Ada Admin" in page.text


def test_a_search_finds_by_the_words_and_names_that_are_shown(portal: Portal) -> None:
    company = portal.company(plugins=[])
    admin = company.admin()
    assert "Membre ajouté" in admin.get("/admin/audit?lang=fr&action=membre+ajout")
    assert "No entry found" in admin.get("/admin/audit?lang=en&action=parrot")
    assert "No entry found" in admin.get("/admin/audit?lang=en&actor=ada+admin")
    admin.post("/admin/audit/export", status=200)
    assert "Audit trail exported" in admin.get("/admin/audit?actor=ada+admin")


def test_changes_are_told_with_labels_and_the_words_of_choices(portal: Portal) -> None:
    company = portal.company(plugins=[])
    with company.system() as db:
        audit.record(db, "company.texts", subject=("tenant", company.id), before={"signup": "open", "locale": "en"},
                     after={"signup": "closed", "locale": "fr"})
    changes = company.admin().get("/admin/audit?action=languages+and").html.select_one(".changes").get_text(" ", strip=True)
    assert "By invitation only" in changes
    assert "Français" in changes
    assert "signup" not in changes


def test_numbers_and_amounts_are_written_as_the_reader_writes_them(portal: Portal) -> None:
    company = portal.company(plugins=["portico_quotes"])
    with company.system() as db:
        audit.record(db, "quotes.line-changed", subject=("quote_line", "1"), before={"quantity": "1.0000"}, after={"quantity": "2.5000"})
        audit.record(db, "quotes.offered", subject=("quote", "1"), after={"number": "Q-7", "gross": "1234.50", "currency": "EUR"})
    rows = company.admin().get("/admin/audit?lang=fr&action=quotes").html.select("tbody tr")
    shown = " ".join(row.select_one(".changes").get_text(" ", strip=True) for row in rows)
    assert "2,5" in shown
    assert "1,0000" not in shown
    assert "1.0000" not in shown
    assert "234,50" in shown
    assert "Q-7" in rows[0].get_text()


def test_the_portal_by_itself_and_the_companys_system_are_told_apart(portal: Portal) -> None:
    company = portal.company(plugins=[], name="Regency Tools")
    with company.system() as db:
        audit.record(db, "mail.retry")
    with company.system() as db:
        events.by_company(db)
        audit.record(db, "sync.retry")
    rows = company.admin().get("/admin/audit").html.select("tbody tr")
    said = {row.select_one("td.cell-head").get_text(strip=True): row.get_text(" ", strip=True) for row in rows}
    assert "Portico automatic" in said["Mail sent again"]
    assert "The system of Regency Tools" in said["Record read again"]


def test_what_a_person_does_stays_theirs(portal: Portal) -> None:
    company = portal.company(plugins=[])
    with company.scope_of(company.customer_person()) as db:
        before = db.info["scope"]
        events.by_company(db)
        assert db.info["scope"] is before


def test_words_for_actions_of_others_stop_the_start(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    from portico.admin.entries import words_of

    manifest = portal.parts.plugins.manifests["portico_quotes"]
    stolen = [(manifest, AuditWords(actions={"orders.stolen": "Stolen"}))]
    monkeypatch.setattr(portal.parts.plugins, "start_up", lambda hook: stolen)
    with pytest.raises(ManifestError, match=re.escape("orders.stolen")):
        words_of(portal.parts)


def test_core_has_no_words_for_actions_that_nobody_records(portal: Portal) -> None:
    patterns = {*recorded(package_folder("portico"))}
    source = "".join(file.read_text(encoding="utf-8") for file in package_folder("portico").rglob("*.py") if file.name != "words.py")
    stale = [one for one in WORDS.actions if f'"{one}"' not in source and not any(re.fullmatch(p, one) for p in patterns if ".+" in p)]
    assert stale == []
