"""Answers and queries that many API resources share."""

from __future__ import annotations

import colander

from portico.api.schema import BodySchema, Uuid


class PageQuery(BodySchema):
    """Cursor pagination: ask for the next page with the cursor that the last one gave."""

    cursor = colander.SchemaNode(colander.String(), missing=None, validator=colander.Length(max=500))
    limit = colander.SchemaNode(colander.Integer(), missing=25, validator=colander.Range(min=1, max=100))


class Problem(colander.MappingSchema):
    """RFC 9457."""

    type = colander.SchemaNode(colander.String())
    title = colander.SchemaNode(colander.String())
    status = colander.SchemaNode(colander.Integer())
    code = colander.SchemaNode(colander.String())
    request_id = colander.SchemaNode(colander.String())


class Notice(colander.MappingSchema):
    id = colander.SchemaNode(Uuid())
    title = colander.SchemaNode(colander.String())
    body = colander.SchemaNode(colander.String())
    at = colander.SchemaNode(colander.DateTime())
    unread = colander.SchemaNode(colander.Boolean())


class Notices(colander.SequenceSchema):
    notice = Notice()


class NoticePage(colander.MappingSchema):
    items = Notices()
    next_cursor = colander.SchemaNode(colander.String(), missing=None)


class NoticeQuery(PageQuery):
    unread = colander.SchemaNode(colander.Boolean(), missing=False)


class Marked(colander.MappingSchema):
    marked = colander.SchemaNode(colander.Integer())


class Company(colander.MappingSchema):
    slug = colander.SchemaNode(colander.String())
    name = colander.SchemaNode(colander.String())
    signup = colander.SchemaNode(colander.String())
    locale = colander.SchemaNode(colander.String())


class CompanyItems(colander.SequenceSchema):
    company = Company()


class Companies(colander.MappingSchema):
    items = CompanyItems()


class Connect(BodySchema):
    claim = colander.SchemaNode(colander.String(), missing="", validator=colander.Length(max=80))


class Connected(colander.MappingSchema):
    status = colander.SchemaNode(colander.String())


class MembershipItem(colander.MappingSchema):
    id = colander.SchemaNode(Uuid())
    company = colander.SchemaNode(colander.String())
    name = colander.SchemaNode(colander.String())
    kind = colander.SchemaNode(colander.String())
    status = colander.SchemaNode(colander.String())
    last_activity_at = colander.SchemaNode(colander.DateTime(), missing=None)


class MembershipItems(colander.SequenceSchema):
    membership = MembershipItem()


class Memberships(colander.MappingSchema):
    items = MembershipItems()


class Anything(colander.MappingSchema):
    """A document whose form is defined elsewhere."""

    def schema_type(self, **kwargs: object) -> colander.Mapping:
        return colander.Mapping(unknown="preserve")
