"""The demo's mailbox: every mail that was written into the folder, so that its links can be clicked. Demo only."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

_NAME = re.compile(r"^[0-9a-f]{32}$")
MOST = 100


def read(file: Path) -> EmailMessage:
    with file.open("rb") as opened:
        found = email.message_from_binary_file(opened, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def mails(context: None, request: Request) -> dict[str, Any]:
    """Newest first, at most a hundred; ?to= shows one person's."""
    folder = _folder(request)
    files = sorted(folder.glob("*.eml"), key=lambda file: file.name, reverse=True)[:MOST] if folder.is_dir() else []
    wanted = request.params.get("to", "").lower()
    listed = []
    for file in files:
        found = read(file)
        if not wanted or wanted in str(found["To"]).lower():
            listed.append(
                {
                    "id": file.stem,
                    "to": found["To"],
                    "sender": found["From"],
                    "subject": found["Subject"],
                    "at": found["Date"].datetime,
                }
            )
    return {"mails": listed, "to": wanted}


def mail(context: None, request: Request) -> dict[str, Any]:
    found = read(_file(request))
    text = found.get_body(("plain",))
    words = text.get_content() if text else ""
    links = list(dict.fromkeys(re.findall(r"https?://\S+", words)))
    return {
        "id": request.matchdict["mail"],
        "subject": found["Subject"],
        "to": found["To"],
        "sender": found["From"],
        "at": found["Date"].datetime,
        "text": words,
        "links": links,
    }


def mail_html(context: None, request: Request) -> Response:
    """The mail as its reader sees it, in a frame that can run nothing and go nowhere by itself."""
    body = read(_file(request)).get_body(("html",))
    policy = "default-src 'none'; img-src data: 'self'; style-src 'unsafe-inline'; sandbox allow-popups; frame-ancestors 'self'"
    response = Response(text=body.get_content() if body else "", content_type="text/html", charset="utf-8")
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _folder(request: Request) -> Path:
    settings = request.registry.portico.settings
    if not settings.demo:
        raise HTTPNotFound
    folder: Path = settings.home / "mail"
    return folder


def _file(request: Request) -> Path:
    name = request.matchdict["mail"]
    file = _folder(request) / f"{name}.eml"
    if not _NAME.match(name) or not file.is_file():
        raise HTTPNotFound
    return file
