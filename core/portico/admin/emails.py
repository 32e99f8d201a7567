"""Pages on which a company words its own mails: all of them, one in one language, its preview, a sample to oneself."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.admin.schemas import words_schema
from portico.admin.versions import seen_version
from portico.errors import InvalidError, NotFoundError
from portico.forms.submission import handle, make_form, take
from portico.identity.sealing import UnsealableError, seal, unseal
from portico.notify import mail_texts
from portico.notify.composing import sample, standard
from portico.notify.declared import DeclaredMail, all_mails
from portico.notify.kinds import without_names
from portico.notify.mail import send_composed
from portico.notify.wording import FIELDS, Words, tidy
from portico.pluginhost import toggles
from portico.web.flash import flash
from portico.web.i18n import _, translate

DRAFT = "draft of a mail's words"
FORM = "email"
FRAMED = "default-src 'none'; img-src data: 'self'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
"""What a mail may do in its frame: be seen."""


def listing(context: None, request: Request) -> dict[str, Any]:
    changed, plugins = mail_texts.changed(request.db), request.registry.portico.plugins.manifests
    groups: dict[str | None, list[dict[str, Any]]] = {}
    for mail in all_mails(request.relay):
        languages = [one for one in changed.get(mail.key, ()) if one in request.tenant.locales]
        shown = {"mail": mail, "title": without_names(request, mail.title), "changed": languages}
        groups.setdefault(mail.plugin, []).append(shown)
    titled = [(toggles.title(plugins[name]) if name else _("The portal itself"), mails) for name, mails in groups.items()]
    return {"groups": titled, "locale": _own_language(request)}


def edit(context: DeclaredMail, request: Request) -> Any:
    tenant, locale = request.tenant, request.matchdict["mail_locale"]
    address = request.route_path("admin.email", mail_kind=context.key, mail_locale=locale)

    def save(values: dict[str, Any]) -> Response:
        mail_texts.save(request.db, context, locale, values, seen_version(request))
        flash(request, _("Saved. The next mail has it."))
        return HTTPSeeOther(address)

    words = mail_texts.words(request.db, context, locale)
    schema = words_schema(locale, bool(context.button))
    answer = handle(
        request, schema, save, initial=asdict(words), name=FORM, hidden={"version": str(tenant.config_version)}
    )
    if not isinstance(answer, dict):
        return answer
    page = {
        "mail": context,
        "title": without_names(request, context.title),
        "locale": locale,
        "own": bool(words),
        "standard": standard(request.registry.portico, tenant, context, locale),
        "samples": _samples(request, context, locale),
    }
    return answer | page | _previewed(request, context, locale, words)


def preview(context: DeclaredMail, request: Request) -> dict[str, Any]:
    """The fragment beside the form: what is typed, with samples; what is wrong with it, if it is."""
    locale = request.matchdict["mail_locale"]
    form = make_form(request, words_schema(locale, bool(context.button)), name=FORM, hidden={"version": ""})
    values, problems = take(request, form), []
    if values is None:
        problems = [text for _id, _label, text in form.summary]
    else:
        try:
            words = mail_texts.checked(context, values)
            return {"problems": [], "locale": locale} | _previewed(request, context, locale, words)
        except InvalidError as error:
            problems = list(error.fields.values())
    held = mail_texts.words(request.db, context, locale)
    return {"problems": problems, "locale": locale} | _previewed(request, context, locale, held)


def frame(context: DeclaredMail, request: Request) -> Response:
    """The mail as a document of its own, which can run nothing and lead nowhere; without a draft, as it is kept."""
    locale = request.matchdict["mail_locale"]
    draft = request.GET.get("words", "")
    words = _opened(request, context, locale, draft) if draft else mail_texts.words(request.db, context, locale)
    html = sample(request.registry.portico, request.tenant, context, locale, words).html
    response = Response(text=html, content_type="text/html", charset="utf-8")
    response.headers["Content-Security-Policy"] = FRAMED
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def reset(context: DeclaredMail, request: Request) -> Response:
    locale = request.matchdict["mail_locale"]
    mail_texts.reset(request.db, context, locale, seen_version(request))
    flash(request, _("The standard text is back."))
    return HTTPSeeOther(request.route_path("admin.email", mail_kind=context.key, mail_locale=locale))


def test(context: DeclaredMail, request: Request) -> Response:
    """To whoever asks, and to nobody else."""
    locale, portico, scope = request.matchdict["mail_locale"], request.registry.portico, request.scope
    words = mail_texts.words(request.db, context, locale)
    made = sample(portico, request.tenant, context, locale, words)
    send_composed(request.db, portico, scope.user_email, made, kind="sample")
    mail_texts.tested(request.db, context, locale)
    flash(request, _("A sample is on its way to ${address}.", mapping={"address": scope.user_email}), "info")
    return HTTPSeeOther(request.route_path("admin.email", mail_kind=context.key, mail_locale=locale))


def load(request: Request) -> DeclaredMail:
    return mail_texts.find(request.relay, request.scope, request.matchdict["mail_kind"], request.matchdict["mail_locale"])


def _own_language(request: Request) -> str:
    """The reader's, if the company writes it."""
    return request.locale_name if request.locale_name in request.tenant.locales else str(request.tenant.locale)


def _samples(request: Request, mail: DeclaredMail, locale: str) -> list[tuple[str, Any, str]]:
    """(variable, what it is, its sample in the language of the mail)"""
    return [(one.name, one.meaning, translate(locale, one.sample) or request.tenant.name) for one in mail.variables]


def _previewed(request: Request, mail: DeclaredMail, locale: str, words: Words) -> dict[str, Any]:
    made = sample(request.registry.portico, request.tenant, mail, locale, words)
    where = {"mail_kind": mail.key, "mail_locale": locale}
    address = request.route_path("admin.email_frame", **where) + "?" + urlencode({"words": _sealed(request, mail, locale, words)})
    return {"subject": made.subject, "text": made.text, "document": address}


def _sealed(request: Request, mail: DeclaredMail, locale: str, words: Words) -> str:
    """A draft for the address of its frame. Sealed, so that nobody can have this portal show words of theirs."""
    plain = zlib.compress(json.dumps([getattr(words, name) for name in FIELDS], ensure_ascii=False).encode(), 9)
    key = request.registry.portico.settings.master_key
    return urlsafe_b64encode(seal(key, DRAFT, request.tenant.id, plain, row=f"{mail.key}/{locale}")).decode()


def _opened(request: Request, mail: DeclaredMail, locale: str, draft: str) -> Words:
    """Raises NotFoundError for what was not sealed here."""
    key = request.registry.portico.settings.master_key
    try:
        plain = unseal(key, DRAFT, request.tenant.id, urlsafe_b64decode(draft.encode()), row=f"{mail.key}/{locale}")
    except (UnsealableError, ValueError):
        raise NotFoundError from None
    return tidy(dict(zip(FIELDS, json.loads(zlib.decompress(plain)), strict=True)))
