"""Makes a mail's subject, text and HTML of its templates and, where a company has words of its own, of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portico.notify.declared import DeclaredMail
from portico.notify.wording import Filled, Words, fill
from portico.tenancy.tenant import Tenant

WORDED = "portico/mail/worded"
MOST_SUBJECT = 250


@dataclass(frozen=True)
class Composed:
    subject: str
    text: str
    html: str


def compose(
    portico: Any, tenant: Tenant | None, template: str, locale: str, values: Mapping[str, Any], words: Filled | None = None
) -> Composed:
    """`<template>.txt.jinja2` (first line: subject) and `.html.jinja2` in the company's theme. tenant None: from the apex."""
    theme = tenant.theme if tenant else None
    given = {"tenant": tenant, "portal_url": portico.tenant_url(tenant), **values}
    options: dict[str, Any] = {"locale": locale, "time_zone": tenant.time_zone if tenant else "UTC"}
    kinds = dict.fromkeys(("txt", "html"))
    if words is not None:
        given["words"], kinds = words, {kind: f"{WORDED}.{kind}.jinja2" for kind in kinds}
    text = portico.themes.render(theme, f"{template}.txt.jinja2", over=kinds["txt"], **options, **given)
    subject, _, text = text.strip().partition("\n")
    given["subject"] = subject.strip()
    html = portico.themes.render(theme, f"{template}.html.jinja2", over=kinds["html"], **options, **given)
    return Composed(" ".join(subject.split())[:MOST_SUBJECT], text.strip(), html)


def sample(portico: Any, tenant: Tenant, mail: DeclaredMail, locale: str, words: Words) -> Composed:
    """As a reader would get it, with samples for its variables; its link leads to the portal."""
    said = portico.themes.catalogues.translate
    values = {one.name: said(locale, one.sample) for one in mail.variables} | {"company": tenant.name}
    home = portico.tenant_url(tenant) + "/"
    given = {**mail.values(values), "link": home}
    if "choices" in given:
        given["choices"] = home
    return compose(portico, tenant, mail.template, locale, given, fill(words, values) if words else None)


def standard(portico: Any, tenant: Tenant, mail: DeclaredMail, locale: str) -> Words:
    """What stands where a company has no words of its own, with variables in their places. There is no closing text."""
    values = {one.name: f"{{{one.name}}}" for one in mail.variables} | {"company": tenant.name}
    given = {"tenant": tenant, "portal_url": "", "link": "", **mail.values(values)}
    template, options = f"{mail.template}.txt.jinja2", {"locale": locale, "time_zone": tenant.time_zone}
    subject, opening = (
        portico.themes.render(tenant.theme, template, block=block, **options, **given).strip() for block in ("subject", "body")
    )
    button = portico.themes.catalogues.translate(locale, mail.button) if mail.button else ""
    return Words(subject=subject, heading=subject, opening=opening, button=button)
