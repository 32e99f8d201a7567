"""Reads every package's .po files and answers look-ups per language and domain; knows no request."""

from __future__ import annotations

import gettext
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path

import babel
from babel.messages.pofile import read_po
from translationstring import TranslationString

from portico.keptfile import KeptFile, made_by
from portico.web import formats

SOURCE_LANGUAGE = "en"
CORE = "portico"
_NAMED = re.compile(r"(?<!\$)\$(?:([a-zA-Z][-a-zA-Z0-9_]*)|{([a-zA-Z][-a-zA-Z0-9_]*)})")
"""What is filled in, as translationstring has it, whose way makes two strings of its own class of each message."""
# Libraries whose messages reach people: we word and translate them, in the core's locale folder.
ADOPTED = ("colander", "deform")

Key = str | tuple[str, str]
Forms = tuple[str, ...]
Parsed = tuple[str, dict[Key, Forms]]
"""How the plural is chosen, as gettext writes it, or nothing; and the messages."""


class KeptMessages(KeptFile):
    """What is in .po files, whose reading is a good part of a start."""

    what = "messages"

    def __init__(self, folder: Path, master_key: bytes) -> None:
        super().__init__(folder, master_key, made_by([babel.__version__], [Path(__file__)]))


def parse(code: str, domain: str, content: bytes) -> Parsed:
    """Of one .po file what is translated, and not only supposed to be."""
    catalog = read_po(io.BytesIO(content), locale=code, domain=domain, abort_invalid=True)
    messages: dict[Key, Forms] = {}
    for message in catalog:
        if not message.id or not message.string or message.fuzzy:
            continue
        singular = message.id[0] if isinstance(message.id, tuple | list) else message.id
        forms = tuple(message.string) if isinstance(message.string, tuple | list) else (message.string,)
        if all(forms):
            messages[(message.context, singular) if message.context else singular] = forms
    return catalog.plural_expr if catalog.num_plurals > 1 else "", messages


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

    def add(self, domain: str, parsed: Parsed) -> None:
        plural, messages = parsed
        if plural:
            self.plural = gettext.c2py(plural)
        self._seen_from.clear()
        self.domains.setdefault(domain, {}).update(messages)
        for key, forms in messages.items():
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
    """The languages that this installation speaks. `kept` has what former starts read."""

    def __init__(self, languages: Mapping[str, Language], kept: KeptMessages | None = None) -> None:
        self.languages = {SOURCE_LANGUAGE: Language(SOURCE_LANGUAGE), **languages}
        self._kept = kept
        self._former: dict[tuple[str, str, bytes], Parsed] = kept.read() if kept is not None else {}
        self._parsed: dict[tuple[str, str, bytes], Parsed] = {}

    @classmethod
    def load(cls, packages: Mapping[str, Path], kept: KeptMessages | None = None) -> Catalogues:
        """Reads `locale/LANGUAGE/LC_MESSAGES/PACKAGE.po` of each package, given as import name → folder."""
        found = cls({}, kept)
        found.read(packages)
        return found

    def read(self, packages: Mapping[str, Path]) -> None:
        """Adds what these packages say, at start, before anybody is spoken to."""
        for package, folder in packages.items():
            for domain in (package, *(ADOPTED if package == CORE else ())):
                for path in sorted(folder.glob(f"locale/*/LC_MESSAGES/{domain}.po")):
                    code = path.parent.parent.name
                    self.languages.setdefault(code, Language(code)).add(domain, self._parse(code, domain, path))

    def keep(self) -> None:
        """For the next start; called once all is read. What no package says any more is let go."""
        if self._kept is not None and self._parsed.keys() != self._former.keys():
            self._kept.write(self._parsed)
        self._former, self._parsed = {}, {}

    def _parse(self, code: str, domain: str, path: Path) -> Parsed:
        content = path.read_bytes()
        key = (code, domain, hashlib.sha256(content).digest())
        parsed = self._former.get(key) or parse(code, domain, content)
        if self._kept is not None:
            self._parsed[key] = parsed
        return parsed

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
