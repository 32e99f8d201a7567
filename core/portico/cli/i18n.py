"""`portico i18n`: brings a package's .po files up to date with its texts and says what is not translated."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from portico.branding.lookup import package_folder
from portico.cli.commands import Command

METHODS = [("**.py", "python"), ("**/templates/**.jinja2", "jinja2")]
OPTIONS = {
    "**/templates/**.jinja2": {"trim_blocks": "true", "lstrip_blocks": "true", "extensions": "jinja2.ext.do"}
}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# Babel's own rule for Arabic mixes up 11 to 99 with 100 to 102 (CLDR: many and other).
PLURALS = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : "
    "n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
}
# What plugin.toml and theme.toml say in English is translated like any other text.
TOML_TEXTS = ("title", "description")


def texts(folder: Path) -> Catalog:
    """Every text of a package, from its code, templates and manifest."""
    found = Catalog(charset="utf-8")
    for name, line, message, _comments, context in extract_from_dir(
        folder, METHODS, OPTIONS, keywords=KEYWORDS, directory_filter=lambda path: not path.endswith("locale")
    ):
        found.add(message, locations=[(name, line)], context=context)
    for text in _manifest_texts(folder):
        found.add(text, locations=[("plugin.toml", 1)])
    return found


def _manifest_texts(folder: Path) -> Iterator[str]:
    import tomllib

    file = folder / "plugin.toml"
    if not file.is_file():
        return
    values = tomllib.loads(file.read_text(encoding="utf-8"))
    for key in TOML_TEXTS:
        if values.get(key):
            yield values[key]
    yield from values.get("permissions", {}).values()
    for setting in values.get("settings", {}).values():
        yield from (setting[key] for key in TOML_TEXTS if setting.get(key))
        yield from setting.get("choices", {}).values()


def read(path: Path, language: str) -> Catalog:
    with path.open("rb") as stream:
        return read_po(stream, locale=language, charset="utf-8")


def fresh(package: str, language: str) -> Catalog:
    catalog = Catalog(locale=language, domain=package)
    if language in PLURALS:
        catalog.mime_headers = [("Plural-Forms", PLURALS[language])]
    return catalog


def missing(template: Catalog, catalog: Catalog) -> list[str]:
    """Texts without a translation, or with one that somebody still has to look at."""
    found = []
    for message in template:
        known = catalog.get(message.id, message.context) if message.id else None
        done = known is not None and not known.fuzzy and _whole(known.string)
        if message.id and not done:
            found.append(message.id if isinstance(message.id, str) else message.id[0])
    return found


def _whole(string: str | Iterable[str] | None) -> bool:
    return bool(string) if string is None or isinstance(string, str) else all(string)


def update(package: str, folder: Path, languages: Iterable[str], check: bool) -> list[str]:
    """Merges new texts into the .po files, keeping translations; returns a line for each that is missing."""
    template = texts(folder)
    problems = []
    for language in languages:
        path = folder / "locale" / language / "LC_MESSAGES" / f"{package}.po"
        catalog = read(path, language) if path.is_file() else fresh(package, language)
        if not check:
            catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as stream:
                write_po(stream, catalog, sort_output=True, ignore_obsolete=True, no_location=True, width=100)
        problems += [f"{package} {language}: {text}" for text in missing(template, catalog)]
    return problems


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("packages", nargs="*", default=["portico"], help="import names (default: portico)")
    parser.add_argument("--language", action="append", help="a language (default: those that the core has)")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail if a text is not translated"
    )


def run(arguments: argparse.Namespace) -> int:
    core = package_folder("portico") / "locale"
    languages = arguments.language or sorted(path.name for path in core.iterdir() if path.name != "en")
    problems = []
    for package in arguments.packages:
        problems += update(package, package_folder(package), languages, arguments.check)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def i18n(parser: argparse.ArgumentParser) -> Command:
    """Update the .po files of packages with their texts, and list what is not translated."""
    add_arguments(parser)
    return lambda settings, options: run(options)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="portico i18n")
    add_arguments(parser)
    return run(parser.parse_args(argv))


COMMANDS = (("i18n", i18n),)

if __name__ == "__main__":
    raise SystemExit(main())
