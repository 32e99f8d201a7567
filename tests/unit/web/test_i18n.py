from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyramid import testing

from portico.branding.lookup import package_folder, package_folders
from portico.cli import i18n as extraction
from portico.web import catalogues as catalogues_module
from portico.web import formats, i18n
from portico.web.catalogues import Catalogues, KeptMessages
from portico.web.i18n import (
    LANGUAGE_COOKIE,
    _,
    direction,
    language_name,
    localiser,
    negotiate,
    remember_language,
    remembered,
    translate,
)

NOW = dt.datetime(2026, 11, 21, 22, 30, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def catalogues() -> Catalogues:
    return Catalogues.load(package_folders(["portico"]))


@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("package", ["portico", "portico_clear", "portico_ledger"])
def test_every_text_is_translated(package: str, language: str) -> None:
    folder = package_folder(package)
    path = folder / f"locale/{language}/LC_MESSAGES/{package}.po"
    assert extraction.missing(extraction.texts(folder), extraction.read(path, language)) == []


@pytest.mark.parametrize("domain", ["portico", "colander", "deform"])
@pytest.mark.parametrize("language", ["fr", "ar"])
def test_translations_keep_the_names_of_their_texts(domain: str, language: str) -> None:
    import re

    path = package_folder("portico") / f"locale/{language}/LC_MESSAGES/{domain}.po"
    for message in extraction.read(path, language):
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        known = {name for text in ids for name in re.findall(r"%\((\w+)\)s|\$\{(\w+)\}", text)}
        for text in strings:
            assert set(re.findall(r"%\((\w+)\)s|\$\{(\w+)\}", text)) <= known


def test_colander_speaks_every_language() -> None:
    import colander

    pot = Path(colander.__file__).parent / "locale/colander.pot"
    texts = {message.id for message in extraction.read(pot, "en") if message.id}
    for language in ("en", "fr", "ar"):
        path = package_folder("portico") / f"locale/{language}/LC_MESSAGES/colander.po"
        assert texts <= {message.id for message in extraction.read(path, language) if message.string}


def test_plural_forms_of_arabic(catalogues: Catalogues) -> None:
    arabic = catalogues.language("ar")
    forms = {
        number: arabic.ngettext("One thing needs another look", "%(count)s things need another look", number)
        for number in (1, 2, 3, 11, 100)
    }
    assert len(set(forms.values())) == 5


def test_a_region_speaks_its_language_and_an_unknown_one_english(catalogues: Catalogues) -> None:
    assert catalogues.language("fr-CA").code == "fr"
    assert catalogues.language("tlh").code == "en"
    assert catalogues.language("tlh").gettext("Cancel") == "Cancel"


def test_a_lazy_message_is_translated_with_its_values() -> None:
    message = _("Use at least ${n} characters. A short sentence is easy to remember.", mapping={"n": 8})
    assert translate("fr", message).startswith("Utilisez au moins 8 caractères.")
    assert translate(SimpleNamespace(locale_name="en"), message).startswith("Use at least 8 characters.")
    assert translate("fr", "plain ${n}") == "plain ${n}"


@pytest.mark.parametrize(
    ("preferred", "header", "expected"),
    [
        ([None], "fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        (["ar"], "fr", "ar"),
        ([None], "de,ar;q=0.2", "ar"),
        ([None], "de", "en"),
        (["xx"], None, "en"),
        ([None], "*", "en"),
        ([None], "en;q=0,fr;q=0.1", "fr"),
        ([None], "\x00;;;q=", "en"),
    ],
)
def test_the_language_is_the_chosen_then_the_browsers_then_the_first(
    preferred: list[str | None], header: str | None, expected: str
) -> None:
    assert negotiate(preferred, header, ["en", "fr", "ar"]) == expected


@pytest.mark.parametrize(("preferred", "header"), [(["x" * 250], None), ([], "x," * 125), (["x" * 150], "y" * 150)])
def test_what_no_browser_says_is_not_remembered(preferred: list[str], header: str | None) -> None:
    before = i18n._negotiated.cache_info()
    assert negotiate(preferred, header, ["en", "fr"]) == "en"
    assert i18n._negotiated.cache_info() == before


@pytest.mark.parametrize(
    ("asked", "kept"), [("fr", True), ("ar", False), ("fr\r\nX: y", False), (None, False)]
)
def test_a_language_chosen_in_the_address_is_kept_if_it_is_offered(asked: str | None, kept: bool) -> None:
    request = testing.DummyRequest(params={"lang": asked} if asked else {})
    request.script_name, request.scheme = "/c/turinova", "http"
    remember_language(request, ["fr", "en"])
    request._process_response_callbacks(request.response)
    cookie = request.response.headers.get("Set-Cookie", "")
    assert ("portico_lang=fr; Max-Age=31536000; Path=/c/turinova/" in cookie) is kept
    assert bool(cookie) is kept


def test_over_https_it_is_kept_as_one_that_only_https_sets() -> None:
    """ASVS 5.0 3.3.1. Its path keeps it from being `__Host-`."""
    request = testing.DummyRequest(params={"lang": "fr"})
    request.script_name, request.scheme = "/c/turinova", "https"
    remember_language(request, ["fr", "en"])
    request._process_response_callbacks(request.response)
    cookie = request.response.headers["Set-Cookie"]
    assert cookie.startswith("__Secure-portico_lang=fr;")
    assert "; secure" in cookie.lower()
    assert remembered({"__Secure-portico_lang": "fr", "portico_lang": "en"}, LANGUAGE_COOKIE) == "fr"
    assert remembered({"portico_lang": "en"}, LANGUAGE_COOKIE) == "en"


def test_direction_and_name_of_languages() -> None:
    assert [direction(code) for code in ("ar", "ar-EG", "he", "fr", "nonsense!")] == [
        "rtl",
        "rtl",
        "rtl",
        "ltr",
        "ltr",
    ]
    assert language_name("fr") == "Français"


@pytest.mark.parametrize(
    ("locale", "currency", "amount", "expected"),
    [
        ("en", "GBP", "1234567.5", "£1,234,567.50"),
        ("en", "EGP", "1000", "EGP\u00a01,000.00"),
        ("fr", "EUR", "-1234.5", "-1\u202f234,50\u00a0€"),
        ("en", "JPY", "1000", "JP¥1,000"),
        ("en", "GBP", "0.0425", "£0.0425"),
        ("en", "GBP", "12.3400", "£12.34"),
    ],
)
def test_money_is_written_whole_and_as_the_locale_does(
    locale: str, currency: str, amount: str, expected: str
) -> None:
    assert formats.money(locale, Decimal(amount), currency) == expected


def test_arabic_has_latin_digits() -> None:
    text = formats.money("ar", Decimal("1234.5"), "EGP")
    assert "1,234.50" in text
    assert "ج.م." in text
    assert "21" in formats.day("ar-EG", NOW.date())


def test_the_fast_way_writes_what_babel_writes() -> None:
    from babel.numbers import format_currency

    for locale in ("en_GB", "fr", "ar_EG", "de", "nl", "es", "pt_BR", "pl", "hi"):
        for amount in (Decimal("0"), Decimal("-0.5"), Decimal("999.99"), Decimal("1234567.89")):
            babel = format_currency(amount, "EUR", locale=locale, numbering_system="latn")
            assert formats.money(locale, amount, "EUR") == babel


def test_floats_and_naive_times_are_refused() -> None:
    with pytest.raises(TypeError):
        formats.money("en", 1.1, "EUR")  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        formats.minute("en", dt.datetime(2026, 1, 1), "UTC")
    with pytest.raises(ValueError):
        formats.number("en", "abc")


def test_times_are_those_of_the_readers_zone(catalogues: Catalogues) -> None:
    cairo = localiser(catalogues, "en", "Africa/Cairo")
    assert cairo.datetime(NOW) == "22 Nov 2026, 00:30"
    assert cairo.date(NOW) == "22 Nov 2026"
    assert cairo.date(NOW.date()) == "21 Nov 2026"
    assert localiser(catalogues, "en-US", "UTC").date(NOW) == "Nov 21, 2026"


def test_spans_are_told_in_words(catalogues: Catalogues) -> None:
    french = localiser(catalogues, "fr")
    assert french.relative(NOW - dt.timedelta(seconds=10), NOW) == "à l’instant"
    assert french.relative(NOW - dt.timedelta(minutes=5), NOW) == "il y a 5 minutes"
    assert french.relative(NOW + dt.timedelta(days=2), NOW) == "dans 2 jours"
    assert french.percent(Decimal("0.145")) == "14,5\u00a0%"


@pytest.mark.parametrize(("locale", "currency", "more", "less"), [
    ("en", "GBP", "+£150.00", "-£150.00"), ("fr", "EUR", "+150,00\u00a0€", "-150,00\u00a0€"),
])
def test_a_difference_always_has_its_sign(locale: str, currency: str, more: str, less: str) -> None:
    said = [formats.change(locale, amount, currency).replace("\u200e", "") for amount in ("150", "-150")]
    assert said == [more, less]
    assert formats.change(locale, "0", currency) == formats.money(locale, "0", currency)


def test_in_arabic_the_sign_stays_at_the_digits() -> None:
    assert "\u200e+150.00" in formats.change("ar", "150", "EGP")


# -- from one start to the next ------------------------------------------------------------------------------


def said(home: Path, shop: Path) -> dict[str, str]:
    """What a start finds, which keeps it for the next."""
    found = Catalogues.load({"shop": shop}, KeptMessages(home / "cache", b"k" * 32))
    found.keep()
    language = found.language("ar")
    return {"plain": language.gettext("Hello", "shop"), "two": language.ngettext("one", "many", 2, "shop"),
            "context": language.gettext("Hello", "shop", "greeting"), "fuzzy": language.gettext("Bye", "shop")}


def test_the_next_start_reads_no_file_of_messages_that_is_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "shop" / "locale" / "ar" / "LC_MESSAGES" / "shop.po"
    file.parent.mkdir(parents=True)
    file.write_text(
        'msgid ""\nmsgstr "Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n==2 ? 1 : 2);\\nContent-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Hello"\nmsgstr "A"\n\nmsgctxt "greeting"\nmsgid "Hello"\nmsgstr "G"\n\n#, fuzzy\nmsgid "Bye"\nmsgstr "B"\n\n'
        'msgid "one"\nmsgid_plural "many"\nmsgstr[0] "1"\nmsgstr[1] "2"\nmsgstr[2] "n"\n'
    )
    parsed: list[str] = []
    really = catalogues_module.parse

    def parse(code: str, domain: str, content: bytes) -> catalogues_module.Parsed:
        parsed.append(domain)
        return really(code, domain, content)

    monkeypatch.setattr(catalogues_module, "parse", parse)
    first = said(tmp_path, tmp_path / "shop")
    assert first == {"plain": "A", "two": "2", "context": "G", "fuzzy": "Bye"}
    assert said(tmp_path, tmp_path / "shop") == first
    assert parsed == ["shop"]
    file.write_text(file.read_text().replace('"A"', '"Z"'))
    assert said(tmp_path, tmp_path / "shop") == first | {"plain": "Z"}
    assert parsed == ["shop"] * 2
