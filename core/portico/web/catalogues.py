"""Reads every package's .po files and answers look-ups per language and domain; knows no request."""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path

from babel.messages.pofile import read_po
from translationstring import TranslationString

from portico.web import formats

SOURCE_LANGUAGE = "en"
CORE = "portico"
_NAMED = re.compile(r"(?<!\$)\$(?:([a-zA-Z][-a-zA-Z0-9_]*)|{([a-zA-Z][-a-zA-Z0-9_]*)})")
"""What is filled in, as translationstring has it, whose way makes two strings of its own class of each message."""
# Libraries whose messages reach people: we word and translate them, in the core's locale folder.
ADOPTED = ("colander", "deform")

Key = str | tuple[str, str]
Forms = tuple[str, ...]


def _germanic(number: int) -> int:
    return 0 if number == 1 else 1


class Language:
    """All messages of one language: each domain apart, and together for texts borrowed from another."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.plural: Callable[[int], int] = _germanic
        self.domains: dict[str, dict[Key, Forms]] = {}
        self.merged: dict[Key, Forms] = {}
        self._seen_from: dict[str, dict[Key, Forms]] = {}

    def add(self, domain: str, path: Path) -> None:
        with path.open("rb") as stream:
            catalog = read_po(stream, locale=self.code, domain=domain, abort_invalid=True)
        if catalog.num_plurals > 1:
            self.plural = gettext.c2py(catalog.plural_expr)
        self._seen_from.clear()
        messages = self.domains.setdefault(domain, {})
        for message in catalog:
            if not message.id or not message.string or message.fuzzy:
                continue
            singular = message.id[0] if isinstance(message.id, tuple | list) else message.id
            forms = tuple(message.string) if isinstance(message.string, tuple | list) else (message.string,)
            if all(forms):
                key = (message.context, singular) if message.context else singular
                messages[key] = forms
                self.merged.setdefault(key, forms)

    def find(self, key: Key, domain: str) -> Forms | None:
        return self.seen_from(domain).get(key)

    def seen_from(self, domain: str) -> dict[Key, Forms]:
        """A text's own domain first, then the core's, then whoever has it."""
        known = self._seen_from.get(domain)
        if known is None:
            known = {**self.merged, **self.domains.get(CORE, {}), **self.domains.get(domain, {})}
            self._seen_from[domain] = known  # domains are names of installed packages: few
        return known

    def gettext(self, message: str, domain: str = CORE, context: str | None = None) -> str:
        forms = self.find((context, message) if context else message, domain)
        return forms[0] if forms else message

    def ngettext(self, singular: str, plural: str, number: int, domain: str = CORE) -> str:
        forms = self.find(singular, domain)
        if forms is None or len(forms) == 1:
            return singular if _germanic(number) == 0 else plural
        return forms[min(self.plural(abs(int(number))), len(forms) - 1)]

    def translate(self, message: str) -> str:
        """A lazy message in this language, its mapping filled in, a Decimal there as the language writes numbers; a plain
        string passes as it is.
        """
        if isinstance(message, Decimal):
            return formats.number(self.code, message)
        if not isinstance(message, TranslationString):
            return message
        text = self.gettext(str(message), message.domain or CORE, message.context)
        if message.mapping:
            filled = {name: self.translate(value) for name, value in message.mapping.items()}
            return _NAMED.sub(lambda found: str(filled.get(found[1] or found[2], found[0])), text)
        return text if text != str(message) else str(message.default or message)


class Catalogues:
    """The languages that this installation speaks."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self.languages = {SOURCE_LANGUAGE: Language(SOURCE_LANGUAGE), **languages}

    @classmethod
    def load(cls, packages: Mapping[str, Path]) -> Catalogues:
        """Reads `locale/LANGUAGE/LC_MESSAGES/PACKAGE.po` of each package, given as import name → folder."""
        found = cls({})
        found.read(packages)
        return found

    def read(self, packages: Mapping[str, Path]) -> None:
        """Adds what these packages say, at start, before anybody is spoken to."""
        for package, folder in packages.items():
            for domain in (package, *(ADOPTED if package == CORE else ())):
                for path in sorted(folder.glob(f"locale/*/LC_MESSAGES/{domain}.po")):
                    code = path.parent.parent.name
                    self.languages.setdefault(code, Language(code)).add(domain, path)

    def language(self, locale: str) -> Language:
        """The best language for a locale: fr-CA speaks fr; what nobody translated speaks English."""
        code = locale.replace("-", "_")
        return (
            self.languages.get(code)
            or self.languages.get(code.partition("_")[0])
            or self.languages[SOURCE_LANGUAGE]
        )

    def translate(self, locale: str, message: str) -> str:
        return self.language(locale).translate(message)

    def speaks(self, locales: Iterable[str]) -> list[str]:
        return [locale for locale in locales if locale.replace("-", "_").partition("_")[0] in self.languages]
