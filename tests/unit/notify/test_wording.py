"""What may be in a company's own words of a mail, and what becomes of their variables."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from markupsafe import escape
from tests.walls.test_routes import _parts

from portico.notify.composing import compose, sample, standard
from portico.notify.declared import DeclaredMail, all_mails
from portico.notify.wording import FIELDS, LONGEST, Words, fill, tidy, wrong
from portico.tenancy.tenant import Tenant

KNOWN = frozenset({"number", "company"})
OVERRIDE, JOINER = "\u202e", "\u200c"


def company(theme: str) -> Tenant:
    on = frozenset(_parts().plugins.manifests)
    given = {"locale": "en", "locales": ("en", "fr", "ar"), "currency": "EUR", "time_zone": "UTC", "config_version": 1}
    return Tenant(id=UUID(int=1), slug="fish", name="Fish & Sons", theme=theme, plugins=on, **given)  # type: ignore[arg-type]


def mails() -> list[DeclaredMail]:
    return all_mails(_parts().relay(company("portico_clear")))


@pytest.mark.parametrize(
    "words",
    [
        {"subject": "Hello\r\nBcc: thief@example.com"},
        {"subject": "Hello\nX-Header: 1"},
        {"subject": "Hello\x0bthere"},
        {"subject": "Hello\u2028there"},
        {"heading": f"Invoice {OVERRIDE}fdp.exe"},
        {"opening": f"Invoice {OVERRIDE}fdp.exe"},
        {"opening": "A bell \x07"},
        {"closing": "Turned \u2066 round"},
        {"button": "One\ntwo"},
        *({name: "x" * (most + 1)} for name, most in LONGEST.items()),
    ],
)
def test_what_turns_hides_or_breaks_is_refused_at_its_field(words: dict[str, str]) -> None:
    assert wrong(tidy(words), KNOWN).keys() == words.keys()


def test_what_languages_need_is_taken() -> None:
    words = tidy({"subject": f"می{JOINER}خواهم 👩‍💻 {{number}}", "opening": "السلام عليكم\r\n\r\n\r\n\r\nسطر  \nآخر"})
    assert wrong(words, KNOWN) == {}
    assert words.opening == "السلام عليكم\n\nسطر\nآخر"


@pytest.mark.parametrize("text", ["{nmber}", "{}", "{number.__class__}", "{number!r}", "{secret}", "{0}"])
def test_an_unknown_variable_is_refused_with_those_that_there_are(text: str) -> None:
    [message] = wrong(Words(opening=f"Order {text}"), KNOWN).values()
    assert "{company}, {number}" in message.interpolate()


def test_braces_that_name_nothing_are_text() -> None:
    assert wrong(Words(opening="a } b { c"), KNOWN) == {}
    assert fill(Words(opening="a } b { c"), {}).opening_text == "a } b { c"


def test_values_stay_on_their_line_and_are_not_filled_again() -> None:
    filled = fill(Words(subject="Order { number }", opening="No {number}.\n\nBye"), {"number": f"7\r\nBcc: x {OVERRIDE}{{number}}"})
    assert filled.subject == "Order 7 Bcc: x {number}"
    assert filled.opening_text == "No 7 Bcc: x {number}.\n\nBye"
    assert [part.value for part in filled.opening[0][0]] == [False, True, False]


def test_a_field_whose_value_is_no_longer_known_is_standard_again() -> None:
    filled = fill(Words(subject="{gone}", opening="Hello {number}"), {"number": None})
    assert (filled.subject, filled.opening_text) == ("", "Hello ")


def test_every_mail_says_when_it_goes_out_and_what_each_variable_is() -> None:
    for mail in mails():
        assert mail.title, mail.key
        assert mail.description or mail.plugin not in (None, "portico_quotes", "portico_orders", "portico_customers"), mail.key
        for one in mail.variables:
            assert re.fullmatch("[a-z_]+", one.name), mail.key
            assert one.meaning, (mail.key, one.name)
            assert one.sample or one.name == "company", (mail.key, one.name)
    keys = [mail.key for mail in mails()]
    assert len(set(keys)) == len(keys) > 20


def test_no_mail_about_a_persons_login_is_a_companys_to_word() -> None:
    templates = {mail.template.rpartition("/")[2] for mail in mails() if mail.plugin is None}
    assert templates == {"admitted", "join-organisation", "notification"}
    assert not any(mail.key.startswith("identity.") for mail in mails())


@pytest.mark.parametrize("locale", ["en", "fr", "ar"])
@pytest.mark.parametrize("theme", ["portico_clear", "portico_ledger"])
def test_standard_texts_are_shown_with_variables_that_may_be_used(theme: str, locale: str) -> None:
    tenant = company(theme)
    for mail in mails():
        found = standard(_parts(), tenant, mail, locale)
        assert found.opening, mail.key
        assert "$" not in "".join(getattr(found, name) for name in FIELDS), mail.key
        assert not wrong(found, mail.known), mail.key


@pytest.mark.parametrize("theme", ["portico_clear", "portico_ledger"])
def test_own_words_are_text_in_html_and_the_link_and_the_reason_stay(theme: str) -> None:
    tenant, mail = company(theme), next(one for one in mails() if one.key == "orders.shipped.account")
    words = Words(
        subject="<b>{number}</b> & more",
        heading="<i>Sent</i>",
        opening='Hello <script>alert(1)</script>\n\n[here](https://evil.example) <a href="https://evil.example">x</a>',
        closing="Bye & <u>thanks</u>",
        button='"><img src=x>',
    )
    made = sample(_parts(), tenant, mail, "en", words)
    assert made.subject == "<b>SO-1042</b> & more"
    for markup in ("<script", "<i>", "<u>", "<img", "<b>", 'href="https://evil.example"'):
        assert markup not in made.html
    assert "&lt;script&gt;alert(1)" in made.html
    assert "<bdi>" not in made.html.partition("<h1")[0]
    links = set(re.findall(r'href="([^"]+)"', made.html))
    assert links == {_parts().tenant_url(tenant) + "/", _parts().tenant_url(tenant)}
    for part in (made.text, made.html):
        assert "You get this mail because you are a customer of this company." in part
        assert _parts().tenant_url(tenant) + "/" in part
    assert "<a href=\"https://evil.example\">x</a>" in made.text  # text is text
    assert made.text.index("Bye & <u>thanks</u>") > made.text.index('"><img src=x>:')


@pytest.mark.parametrize("code", ["{{ 7 * 191 }}", "{% if 1 %}1337{% endif %}", "{# 1 #}", "${7 * 191}", "%(number)s", "<%= 7 * 191 %>"])
def test_what_a_template_would_run_is_never_run_in_own_words(code: str) -> None:
    """It names no variable, so the form refuses it and the standard text goes out; or it is text."""
    tenant, mail = company("portico_clear"), next(one for one in mails() if one.key == "orders.shipped.account")
    made = sample(_parts(), tenant, mail, "en", Words(**dict.fromkeys(FIELDS, code)))
    assert "1337" not in made.subject + made.text + made.html
    if wrong(Words(opening=code), mail.known):
        assert made == sample(_parts(), tenant, mail, "en", Words())
    else:
        assert made.subject == code
        assert (made.text.count(code), made.html.count(str(escape(code))) >= 4) == (4, True)


def test_a_mail_in_arabic_is_read_from_the_right_with_values_in_their_own_direction() -> None:
    mail = next(one for one in mails() if one.key == "orders.shipped.account")
    made = sample(_parts(), company("portico_clear"), mail, "ar", Words(opening="طلبكم {number} في الطريق"))
    assert '<html lang="ar" dir="rtl">' in made.html
    assert "طلبكم <bdi>SO-1042</bdi> في الطريق" in made.html


def test_without_own_words_nothing_is_put_over_the_templates() -> None:
    tenant = company("portico_clear")
    given = {"name": "Zoë", "link": "https://x.example/v"}
    assert "Hello Zoë," in compose(_parts(), tenant, "portico/mail/admitted", "en", given).text
