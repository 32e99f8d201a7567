"""What is written into the head of a mail."""

from __future__ import annotations

import datetime as dt
import uuid
from email import message_from_bytes, policy
from pathlib import Path
from types import SimpleNamespace

import pytest

from portico.notify.mail import message

SETTINGS = SimpleNamespace(mail_from="Portico <portal@portico.example>", home=Path())


def mail(**changed: str) -> SimpleNamespace:
    given = {"secret": None, "recipient": "somebody@example.com", "subject": "A subject", "text": "Text", "html": "<p>Text</p>"}
    return SimpleNamespace(id=uuid.uuid4(), created_at=dt.datetime.now(dt.UTC), **(given | changed))


@pytest.mark.parametrize("name", ["Acme\r\nBcc: thief@example.com", "Acme\nX: y", "A, B <c@d.example>", 'Quo"te', "شركة النيل"])
def test_company_name_is_a_name_whatever_it_holds(name: str) -> None:
    read = message_from_bytes(bytes(message(SETTINGS, mail(), name)), policy=policy.default)
    assert read["Bcc"] is None
    assert read["X"] is None
    [sender] = read["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (" ".join(name.split()), "portal@portico.example")


@pytest.mark.parametrize("changed", [
    {"subject": "Hello\r\nBcc: thief@example.com"}, {"recipient": "a@example.com\r\nBcc: thief@example.com"},
    {"recipient": "a@example.com, thief@example.com"},
])
def test_line_breaks_and_second_recipients_make_no_mail(changed: dict[str, str]) -> None:
    with pytest.raises(Exception, match=r"(?i)invalid|linefeed|newline|carriage|header"):
        message(SETTINGS, mail(**changed), "Acme")
