"""Templates: a quote's lines under a name, for whoever kept it or for all of the organisation, to start drafts from."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from pyramid.request import Request
from sqlalchemy.orm import Session

from portico import audit
from portico.errors import ForbiddenError, InvalidError, NotFoundError
from portico.tenancy.models import Account
from portico.web.pagination import DEFAULT, Page, paginate
from portico_quotes import accounts, copying, reordering
from portico_quotes.errors import QuoteEmptyError, TooManyTemplatesError
from portico_quotes.i18n import _
from portico_quotes.permissions import EDIT, SHARE
from portico_quotes.pricing import Answer
from portico_quotes.reordering import Basis, Started, Wish
from portico_quotes.template_models import Template

MOST = 200
"""Of one person in one organisation."""
LONGEST_NAME = 100
SUBJECT = "quote_template"
COLUMNS: tuple[Any, ...] = (
    Template.id,
    Template.account_id,
    Template.author_id,
    Template.author,
    Template.name,
    Template.shared,
    Template.currency,
    Template.created_at,
    Template.updated_at,
    sa.func.jsonb_array_length(Template.lines).label("line_count"),
    Account.name.label("account"),
)
_LATER = ("optional", "chosen", "section", "section_text")
"""What templates that were kept before do not say of their lines."""
_FOLDED: Any = sa.func.lower(Template.name).label("folded")
_OF_ACCOUNT = sa.and_(Account.tenant_id == Template.tenant_id, Account.id == Template.account_id)


def _visible(db: Session) -> sa.ColumnElement[bool]:
    """The wall shows an organisation's; of these, everybody's shared ones and one's own."""
    return sa.or_(Template.shared, Template.author_id == db.info["scope"].user_id)


def listing(db: Session, text: str = "", *, cursor: str | None = None, limit: int = DEFAULT) -> Page[Any]:
    """By name; of those whose name, or whose organisation's, has `text` in it. Raises InvalidError: a cursor that is not ours.
    One query."""
    query = sa.select(*COLUMNS, _FOLDED).join(Account, _OF_ACCOUNT).where(_visible(db))
    if text:
        query = query.where(sa.or_(*(one.icontains(text, autoescape=True) for one in (Template.name, Account.name))))
    return paginate(db, query, ((_FOLDED, str), (Template.id, uuid.UUID)), cursor=cursor, limit=limit, descending=False)


def one(db: Session, template_id: uuid.UUID) -> Any:
    """With its note and lines. Raises NotFoundError: also for another's."""
    query = sa.select(*COLUMNS, Template.note, Template.lines).join(Account, _OF_ACCOUNT)
    row = db.execute(query.where(_visible(db), Template.id == template_id)).one_or_none()
    if row is None:
        raise NotFoundError
    return row


def may_share(scope: Any, account_id: uuid.UUID) -> bool:
    return bool(scope.has(SHARE, account_id))


def may_change(scope: Any, template: Any) -> bool:
    """Whoever made it; a shared one also who shares in that organisation."""
    return template.author_id == scope.user_id or (template.shared and may_share(scope, template.account_id))


def save(db: Session, quote: Any, name: str, *, shared: bool) -> uuid.UUID:
    """Keep the quote's lines and note; its id. Raises QuoteEmptyError, InvalidError, ForbiddenError, TooManyTemplatesError."""
    scope = db.info["scope"]
    if shared and not may_share(scope, quote.account_id):
        raise ForbiddenError
    lines = copying.wishes(db, quote)
    if not lines:
        raise QuoteEmptyError(_("This quote has no lines yet, so there is nothing to keep."))
    own = sa.select(sa.func.count()).where(Template.account_id == quote.account_id, Template.author_id == scope.user_id)
    if (db.scalar(own) or 0) >= MOST:
        raise TooManyTemplatesError
    template = Template(
        account_id=quote.account_id,
        author_id=scope.user_id,
        author=scope.user_name,
        name=_named(name),
        shared=shared,
        note=quote.note,
        currency=quote.currency,
        lines=[_stored(line) for line in lines],
    )
    db.add(template)
    db.flush()
    _note(db, "saved", template.id, after={"name": template.name, "shared": shared, "lines": len(lines)})
    return template.id


def _named(name: str) -> str:
    if not name.strip():
        raise InvalidError(fields={"/name": _("Give it a name.")})
    return name.strip()


def change(db: Session, template_id: uuid.UUID, name: str, *, shared: bool) -> None:
    """Another name, or other readers. Raises NotFoundError, ForbiddenError, InvalidError."""
    template, scope = _locked(db, template_id), db.info["scope"]
    # Who did not make it does not take it away from all others for themselves, as its author could.
    if shared != template.shared and (template.author_id != scope.user_id or not may_share(scope, template.account_id)):
        raise ForbiddenError
    before = {"name": template.name, "shared": template.shared}
    template.name, template.shared = _named(name), shared
    db.flush()
    _note(db, "changed", template.id, before=before, after={"name": template.name, "shared": shared})


def delete(db: Session, template_id: uuid.UUID) -> None:
    """Raises NotFoundError, ForbiddenError."""
    template = _locked(db, template_id)
    before = {"name": template.name, "shared": template.shared}
    db.delete(template)
    db.flush()
    _note(db, "deleted", template_id, before=before)


def _locked(db: Session, template_id: uuid.UUID) -> Template:
    query = sa.select(Template).where(_visible(db), Template.id == template_id).with_for_update()
    template = db.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if template is None:
        raise NotFoundError
    if not may_change(db.info["scope"], template):
        raise ForbiddenError
    return template


def start(request: Request, template: Any) -> tuple[Started, Answer]:
    """A new draft of what has a price today. Raises as `reordering.begin`, ForbiddenError."""
    account = accounts.choose(request.db, template.account_id, EDIT)
    basis = Basis("templated", template.name, template.currency, wishes(template))
    started, answer = reordering.begin(request, account, basis)
    started.draft.note = template.note
    request.db.flush()
    return started, answer


def wishes(template: Any) -> list[Wish]:
    return reordering.once([_read(one) for one in template.lines])


def _read(stored: dict[str, Any]) -> Wish:
    price = stored["unit_price"]
    return Wish(
        stored["item_ref"],
        stored["name"],
        stored["unit"],
        Decimal(stored["quantity"]),
        None if price is None else Decimal(price),
        stored["note"],
        **{name: stored[name] for name in _LATER if name in stored},
    )


def _stored(line: Wish) -> dict[str, Any]:
    return {
        "item_ref": line.item_ref,
        "name": line.name,
        "unit": line.unit,
        "quantity": str(line.quantity),
        "unit_price": None if line.unit_price is None else str(line.unit_price),
        "note": line.note,
        **{name: getattr(line, name) for name in _LATER},
    }


def _note(db: Session, what: str, template_id: uuid.UUID, **facts: Any) -> None:
    audit.record(db, f"quotes.template-{what}", subject=(SUBJECT, template_id), **facts)
