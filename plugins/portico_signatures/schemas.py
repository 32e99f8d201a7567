"""What forms and programs send who sign, and what they are answered."""

from __future__ import annotations

import colander

from portico.api.schema import BodySchema, ExactDecimal, Uuid
from portico.web.storable import NOT_KEPT, storable
from portico_signatures import drawing
from portico_signatures.i18n import _

String, Node = colander.String, colander.SchemaNode
LONGEST_NAME, LONGEST_FIELD, LONGEST_NOTE = 200, 100, 1000
METHODS = ("typed", "drawn")


def _kept(node: colander.SchemaNode, value: str) -> None:
    if not storable(value):
        raise colander.Invalid(node, NOT_KEPT)


def _text(longest: int, **more: object) -> colander.SchemaNode:
    return Node(String(), validator=colander.All(_kept, colander.Length(max=longest)), **more)


def _named(node: colander.SchemaNode, value: str) -> None:
    if not value.strip():
        raise colander.Invalid(node, _("Write your name."))


def _name(**more: object) -> colander.SchemaNode:
    return Node(String(), validator=colander.All(_kept, _named, colander.Length(max=LONGEST_NAME)), **more)


def _said_why(node: colander.SchemaNode, value: str) -> None:
    if not value.strip():
        raise colander.Invalid(node, _("Say why: your colleagues are told."))


def _version() -> colander.SchemaNode:
    return Node(
        colander.Integer(),
        validator=colander.Range(min=0, max=2**31 - 1),
        description="The version of the record that was read.",
    )


def _document() -> colander.SchemaNode:
    return Node(
        String(),
        validator=colander.All(_kept, colander.Length(max=64)),
        description="SHA-256, in hex, of the PDF that was read, in the language of Accept-Language.",
    )


def _yes() -> colander.Boolean:
    """Nothing but a plain yes is one: by itself colander takes every word for it that is no plain no."""
    return colander.Boolean(true_choices=("true", "1"))


def _agreed(node: colander.SchemaNode, value: bool) -> None:
    if not value:
        raise colander.Invalid(node, _("Tick this to sign: without it there is no signature."))


def _consent() -> colander.SchemaNode:
    return Node(
        String(),
        validator=colander.All(_kept, colander.Length(max=64)),
        description="SHA-256, in hex, that was given with the words of consent that were read.",
    )


class Signers(colander.SequenceSchema):
    signer = Node(Uuid())


class HandOn(BodySchema):
    """To a colleague, by the page or a program."""

    to = Node(Uuid(), description="The colleague: one of `colleagues`.")
    reason = _text(LONGEST_NOTE, missing="", description="For the colleague, and for all who sign.")


class TurnDeclined(BodySchema):
    """By whoever's turn it is."""

    reason = Node(
        String(),
        validator=colander.All(_kept, _said_why, colander.Length(max=LONGEST_NOTE)),
        description="Whoever signed it is told.",
    )


class Sign(BodySchema):
    version = _version()
    document_sha256 = _document()
    consent_sha256 = _consent()
    name = _name(description="As they sign.")
    method = Node(String(), missing="typed", validator=colander.OneOf(METHODS))
    drawing = Node(
        String(),
        missing="",
        validator=colander.Length(max=drawing.LONGEST),
        description=f"Of a drawn one: JSON, strokes of [x, y] within {drawing.WIDTH} × {drawing.HEIGHT}.",
    )
    agree = Node(
        _yes(),
        validator=colander.OneOf([True]),
        description="true: they agree to the words of “consent”, as it was read.",
    )
    po_number = _text(LONGEST_FIELD, missing="")
    ask = Node(colander.Boolean(), missing=False, description="Ask a colleague's approval: it is above their own limit.")
    note = _text(LONGEST_NOTE, missing="", description="For the colleague who is asked.")
    signers = Signers(missing=(), description="Colleagues who sign after them, in this order; the last signature accepts it.")


class SignForm(BodySchema):
    """Of a page; the kind's own fields are read beside it."""

    version = _version()
    document_sha256 = _document()
    consent_sha256 = _consent()
    name = _name()
    method = Node(String(), missing="typed", validator=colander.OneOf(METHODS))
    drawing = Node(String(), missing="", validator=colander.Length(max=drawing.LONGEST))
    agree = Node(_yes(), validator=_agreed)
    ask = Node(colander.Boolean(), missing=False)
    note = _text(LONGEST_NOTE, missing="")


class Turn(colander.MappingSchema):
    id = Node(Uuid())
    name = Node(String())
    state = Node(String(), validator=colander.OneOf(("waiting", "asked", "signed", "delegated", "declined")))


class Turns(colander.SequenceSchema):
    turn = Turn()


class Signing(colander.MappingSchema):
    """How it stands with those who sign together."""

    signers = Turns(description="In their order; who handed it on stands before whom.")


class Colleague(colander.MappingSchema):
    id = Node(Uuid())
    name = Node(String())


class Colleagues(colander.SequenceSchema):
    colleague = Colleague()


class ToSign(colander.MappingSchema):
    colleagues = Colleagues(description="Who may sign it after or instead of whoever asks; empty when it cannot be signed now.")
    signers = Turns(description="Who sign it, in their order, once that was begun; who handed it on stands before whom.")
    version = Node(colander.Integer())
    title = Node(String())
    amount = Node(ExactDecimal(), missing=None, description="In all, in `currency`; null: none is agreed.")
    currency = Node(String())
    is_open = Node(colander.Boolean(), description="Whether it can be signed now.")
    is_required = Node(colander.Boolean(), description="Whether it is accepted without.")
    above_limit = Node(colander.Boolean(), description="A colleague has to approve it: send “ask”.")
    consent = Node(String(), description="The words that whoever signs agrees to, in the language of Accept-Language.")
    consent_language = Node(String(), description="The language that they are in: there may be none in the one asked for.")
    consent_sha256 = Node(String(), description="Send it back: it names these words in this language.")
    document = Node(String(), description="Where the record's PDF is read, in the language of Accept-Language.")
    document_name = Node(String())
    document_sha256 = Node(String(), description="Of that PDF in the same language.")


class SignatureAnswer(colander.MappingSchema):
    id = Node(Uuid())
    kind = Node(String())
    subject_id = Node(Uuid())
    title = Node(String())
    version = Node(colander.Integer())
    name = Node(String(), description="As they signed.")
    signer = Node(String(), description="Who was signed in.")
    method = Node(String(), validator=colander.OneOf(METHODS))
    consent = Node(String(), description="The words that they agreed to, as they were shown.")
    consent_locale = Node(String(), description="The language that these are in; empty if that was not kept.")
    address = Node(String())
    user_agent = Node(String())
    signed_at = Node(colander.DateTime())
    document_sha256 = Node(String())
    content_sha256 = Node(String())
    sealed_sha256 = Node(String(), description="Of the PDF with the company's digital signature; empty until that is made.")
    reference = Node(String(), description="What anybody can verify it by, at /signed of the company.")
    state = Node(String(), validator=colander.OneOf(("given", "agreed", "void")))
    ended_at = Node(colander.DateTime(), missing=None)
    ended_why = Node(String())
