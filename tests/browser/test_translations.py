"""No page says anything in another language than its reader's: every page, every role, French and Arabic.

Two nets. A text that is an English message of a catalogue, and not also its translation, was left untranslated. Latin letters
on an Arabic page, and words on a French one that no French translation has, were never marked for translation, unless they are
this company's data: a whole value of its tables, or whole words in a row of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest
from babel import Locale
from babel.messages.pofile import read_po
from psycopg import sql
from tests.browser.conftest import People
from tests.browser.crawl import crawl
from tests.browser.records import records
from tests.browser.site import COMPANIES, Site
from tests.browser.words import Words

from portico.branding.lookup import package_folder
from portico.cli import i18n
from portico.pluginhost.host import PluginHost

LANGUAGES = ("fr", "ar")
PLACES = (("turinova", "fr"), ("turinova", "ar"), ("nile", "ar"), ("", "fr"), ("", "ar"))
PLACEHOLDER = re.compile(r"%\((\w+)\)s|\${(\w+)}|%s|%d")
ENGLISH = re.compile(r"(?<![’'])\b(the|and|your|you|with|from|this|that|not|has|was|will|please|are|of|to|for|is|no|yet|an)\b", re.I)
LETTER = "A-Za-zÀ-ÖØ-öø-ÿŒœ"
LATIN = re.compile(f"[{LETTER}][{LETTER}’'-]+(?:[ ,]+[{LETTER}][{LETTER}’'-]*)*")
WORD = re.compile(f"[{LETTER}][{LETTER}’'-]*")
IDENTIFIER = re.compile(r"[a-z][a-z0-9_.:-]*")
"""How the portal's own tables name a state, a kind or a role: to be shown by its title."""
LABELLED = re.compile(r'<(a|button|summary)\b[^<]*?aria-label="\{\{ _\("([^"]+)"[^<]*?">(.*?)</\1>', re.DOTALL)
READ = re.compile(r'\{\{ _\("([^"]+)"\) \}\}')
NAMES = {
    "default", "mail", "sync", "identity", "prefer", "postgresql", "Français", "English", "entity", "Readex Pro", "Source Serif",
    "Portico", "OpenAPI", "JSON", "API", "ERP", "PDF", "PNG", "SVG", "JPEG", "WebP", "GET", "POST", "PUT", "DELETE", "PATCH",
    "Chrome", "Safari", "Linux", "iOS", "disable", "require", "verify-full", "SQL", "PostgreSQL", "MySQL", "MariaDB", "mysql", "SQLite", "sqlite", "SMTP", "TLS", "CSV", "hledger", "Ledger", "Clear", "ID", "URL", "KB", "MB", "kB", "Inter", "px", "HTML", "VAT",
    "OpenID", "Connect",
}
"""Names of things, the same in every language."""
ZONES = {name.replace("_", " ") for name in available_timezones()} | available_timezones()
NOT_DATA = {"job", "job_done", "job_dead", "audit", "audit_entry", "alembic_version", "mail"}
ENGLISH_ON_PURPOSE = {"api.docs": "the API's own document is in English", "demo.mail": "what was mailed, in its reader's language",
                      "demo.mails": "the demo's mails"}


@lru_cache
def packages() -> list[str]:
    own = [name for name in PluginHost.discover().manifests if package_folder(name).is_relative_to(Path.cwd())]
    return ["portico", "portico_erp", *own]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("package", packages())
def test_every_text_has_a_translation(package: str, language: str) -> None:
    folder = package_folder(package)
    file = folder / "locale" / language / "LC_MESSAGES" / f"{package}.po"
    template = i18n.texts(folder)
    if not len(template):
        return
    assert file.is_file(), f"{package} has {len(template)} texts and no {language} catalogue"
    assert not i18n.missing(template, i18n.read(file, language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("package", packages())
def test_a_translation_keeps_the_placeholders(package: str, language: str) -> None:
    for file in (package_folder(package) / "locale" / language / "LC_MESSAGES").glob("*.po"):
        for message in catalogue(file):
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            known = {name for one in ids for name in names_in(one)}
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            for text in filter(None, strings):
                assert set(names_in(text)) <= known, f"{message.id!r}: {text!r}"
                if len(ids) == 1 and file.stem == package:  # what a library names can be left out
                    assert set(names_in(text)) == known, f"{message.id!r}: {text!r}"


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
@pytest.mark.parametrize("package", packages())
def test_what_is_said_of_a_button_contains_what_is_read_on_it(package: str, language: str) -> None:
    """WCAG 2.5.3, in every language: who speaks to the browser says what they read."""
    folder, said = package_folder(package), {}
    for file in (package_folder(one) / "locale" / language / "LC_MESSAGES" / f"{one}.po" for one in ("portico", package)):
        if file.is_file():
            said |= {one.id: one.string for one in catalogue(file) if isinstance(one.id, str) and one.string}
    complaints = []
    for template in folder.rglob("*.jinja2"):
        for _tag, spoken, inside in LABELLED.findall(template.read_text(encoding="utf-8")):
            for seen in READ.findall(inside):
                if said.get(seen, seen).lower() not in said.get(spoken, spoken).lower():
                    complaints.append(f"{template.name}: {said.get(spoken, spoken)!r} is said of {said.get(seen, seen)!r}")
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize(("slug", "language"), PLACES)
def test_a_crawl_finds_no_untranslated_text(slug: str, language: str, site: Site, people: People) -> None:
    untranslated, foreign = left_in_english(language), Strangers(site, slug, language)
    complaints, strangers, pages = set(), set(), 0
    for role in ("anonymous", "customer", "agent", "admin") if slug else ("anonymous", "operator"):
        for page in crawl(site, people, role, slug, language):
            if page.route in ENGLISH_ON_PURPOSE:
                continue
            pages += 1
            assert f'<html lang="{language}"' in page.html, f"{page.path} is not in {language}"
            for where, text in Words.of(page.html, language):
                if untranslated.matches(text):
                    complaints.add(f"{page.route} {where}: {text!r} is translated in the catalogue, or should be")
                elif foreign.part_of(text):
                    strangers.add((page.route, where, text))
    foreign = Strangers(site, slug, language, late=True)
    for route, where, text in strangers:
        if strange := foreign.part_of(text):
            complaints.add(f"{route} {where}: {text!r} ({strange}) is in no catalogue and no data")
    assert pages > 5
    assert not complaints, "\n".join(sorted(complaints))


@pytest.mark.parametrize(("slug", "language"), PLACES)
def test_the_net_for_what_was_never_marked_lets_little_through(slug: str, language: str, site: Site) -> None:
    """Every English text, as if it had been written into a template without `_()`."""
    foreign, said = Strangers(site, slug, language), translations(language)
    texts = {text for text in english() if text not in said.plain and len(WORD.findall(text)) > 1 and not PLACEHOLDER.search(text)}
    through = sorted(text for text in texts if foreign.part_of(text) is None)
    assert len(through) < len(texts) / 30, through


class Messages:
    """Texts with placeholders, as one can recognise them on a page."""

    def __init__(self, texts: set[str]) -> None:
        self.plain = {text for text in texts if not PLACEHOLDER.search(text)}
        patterns = [text for text in texts - self.plain if len(re.findall(r"[^\W\d_]{2,}", PLACEHOLDER.sub("", text))) >= 2]
        self.pattern = re.compile("|".join(_pattern(text) for text in patterns) or r"(?!)")

    def matches(self, text: str) -> bool:
        return text in self.plain or bool(self.pattern.fullmatch(text))


class Strangers:
    """Words of another language that this company's data do not explain."""

    def __init__(self, site: Site, slug: str, language: str, *, late: bool = False) -> None:
        """late: with what was written since the data were first read, as other tests work in the same company."""
        self.values, self.language = (stored.__wrapped__ if late else stored)(site, slug), language
        self.lines = "\n".join(sorted(self.values))
        self.said = translations(language)
        self.countries = set(Locale(language).territories.values())
        self.vocabulary = vocabulary(language)

    def part_of(self, text: str) -> str | None:
        if text in ZONES or text in self.countries or text in self.said.plain or self.said.pattern.fullmatch(text) or text in self.values:
            return None
        text = re.sub(r"\S+@\S+|https?://\S+|\S+\.(?:pdf|csv|txt|xlsx)\b|\S*[/_:]\S*\.\S*|\S*\d\S*", " · ", text)
        for run in LATIN.findall(text):
            for part in self._strange(run):
                if not self._is_data(part):
                    return part
        return None

    def _strange(self, run: str) -> list[str]:
        """Words in a row that are foreign."""
        found: list[list[str]] = [[]]
        for word in WORD.findall(run):
            if word in NAMES or word.isupper() or word.lower() in self.vocabulary:
                found.append([])
            else:
                found[-1].append(word)
        parts = [" ".join(words) for words in found if words]
        if not parts and self.language != "ar" and len(WORD.findall(run)) > 1 and ENGLISH.search(run):
            parts = [run]
        return parts

    def _is_data(self, part: str) -> bool:
        return part in NAMES or part in self.values or bool(re.search(rf"(?<!\w){re.escape(part)}(?!\w)", self.lines))


@lru_cache
def english() -> frozenset[str]:
    """What code and templates mark for translation."""
    return frozenset(" ".join(text.split()) for package in packages() for message in i18n.texts(package_folder(package))
                     for text in (message.id if isinstance(message.id, tuple) else (message.id,)) if text)


@lru_cache
def left_in_english(language: str) -> Messages:
    said, ids = set(), set(english())
    for file in catalogues(language):
        for message in catalogue(file):
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            said |= {" ".join(one.split()) for one in strings}
            ids |= set(message.id if isinstance(message.id, tuple) else (message.id,))
    return Messages({" ".join(one.split()) for one in ids if len(one) > 2} - said)


@lru_cache
def translations(language: str) -> Messages:
    return Messages({" ".join(text.split()) for file in catalogues(language) for message in catalogue(file)
                     for text in (message.string if isinstance(message.string, tuple) else (message.string,))})


@lru_cache
def vocabulary(language: str) -> frozenset[str]:
    """All words of the translations, in small letters; in Arabic no Latin one counts for a word of the language."""
    if language == "ar":
        return frozenset()
    locale = Locale(language)
    dates = [name for kind in (locale.months, locale.days) for forms in kind.values() for names in forms.values() for name in names.values()]
    names = [*locale.languages.values(), *locale.currencies.values(), *locale.territories.values(), *dates]
    said = {text for file in catalogues(language) for message in catalogue(file)
            for text in (message.string if isinstance(message.string, tuple) else (message.string,)) if text != message.id or " " not in text}
    return frozenset(word.lower() for text in (*said, *names) for word in WORD.findall(PLACEHOLDER.sub(" ", text)))


@lru_cache
def stored(site: Site, slug: str) -> frozenset[str]:
    """All texts that the portal has of the company and the company has in its own database; slug "": what is no company's, and their names."""
    found: set[str] = set()
    for one in COMPANIES:
        records(site, one)  # which the crawl finds
    with site.superuser() as portal:
        own = site.tenant(slug).id if slug else None
        found |= {text for text in _values(portal, own) if not IDENTIFIER.fullmatch(text)}
        found |= {name for row in portal.execute("SELECT slug, name FROM tenant") for name in row}
    if slug:
        with site.erp(slug) as erp:
            found |= set(_values(erp, None))
    return frozenset(found)


def _values(connection: Any, tenant_id: Any) -> Iterator[str]:
    columns = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND data_type IN ('text', 'character varying', 'jsonb', 'ARRAY')").fetchall()
    with_tenant = {table for (table,) in connection.execute(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant_id'")}
    for table, column in columns:
        if table in NOT_DATA or table.startswith(("job", "audit")):
            continue
        query = sql.SQL("SELECT DISTINCT {0} FROM {1} WHERE {0} IS NOT NULL").format(sql.Identifier(column), sql.Identifier(table))
        if table in with_tenant:
            query += sql.SQL(" AND tenant_id IS NOT DISTINCT FROM {}").format(sql.Literal(tenant_id))
        for (value,) in connection.execute(query):
            yield from _strings(value)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield " ".join(value.split())
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def catalogues(language: str) -> list[Path]:
    return [file for package in packages() for file in (package_folder(package) / "locale" / language / "LC_MESSAGES").glob("*.po")]


@lru_cache
def catalogue(file: Path) -> Any:
    with file.open("rb") as stream:
        return [message for message in read_po(stream) if message.id]


def names_in(text: str) -> list[str]:
    return [first or second or "s" for first, second in PLACEHOLDER.findall(text)]


def _pattern(text: str) -> str:
    """The text with anything in place of its placeholders; PLACEHOLDER has two groups, of which one is used."""
    pieces = re.split(r"%\(\w+\)s|\${\w+}|%s|%d", text)
    return "(?:" + ".+?".join(map(re.escape, pieces)) + ")"
