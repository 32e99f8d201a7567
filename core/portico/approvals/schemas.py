"""Forms and API bodies of approvals."""

from __future__ import annotations

import colander
import deform

from portico.api.schema import BodySchema, ExactDecimal, Uuid
from portico.api.schemas import PageQuery
from portico.approvals.service import LONGEST
from portico.web.i18n import _

String, Node = colander.String, colander.SchemaNode
STATUSES = ("open", "approved", "declined", "withdrawn")


class Decline(colander.MappingSchema):
    reason = Node(
        String(),
        title=_("Why not?"),
        validator=colander.Length(max=LONGEST),
        description=_("So that they know what to change."),
        widget=deform.widget.TextAreaWidget(rows=3),
    )


class DeclineBody(BodySchema):
    reason = Node(String(), validator=colander.Length(max=LONGEST))


class ApprovalQuery(PageQuery):
    open = Node(colander.Boolean(), missing=True, description="Those that wait for a decision, or those that are closed.")


class ApprovalAnswer(colander.MappingSchema):
    id = Node(Uuid())
    kind = Node(String())
    subject_type = Node(String())
    subject_id = Node(String())
    account_id = Node(Uuid())
    account = Node(String())
    amount = Node(ExactDecimal())
    currency = Node(String())
    note = Node(String())
    author = Node(String(), description="who asks")
    approver_id = Node(Uuid(), missing=None, description="who was named to decide; null: whoever may approve")
    status = Node(String(), validator=colander.OneOf(STATUSES))
    may_decide = Node(colander.Boolean())
    reason = Node(String())
    decider = Node(String())
    decided_at = Node(colander.DateTime(), missing=None)
    created_at = Node(colander.DateTime())


class ApprovalAnswers(colander.SequenceSchema):
    approval = ApprovalAnswer()


class ApprovalPage(colander.MappingSchema):
    items = ApprovalAnswers()
    next_cursor = Node(String(), missing=None)
