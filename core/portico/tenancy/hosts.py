"""A company's own host: what may be one."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.errors import InvalidError
from portico.tenancy.models import TenantRecord
from portico.web.i18n import _

_HOST = re.compile(r"(?!.*\.\d+$)(?=.{4,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
"""RFC 1123 §2.1: at least two labels, the last of which is not a number (an address is no host of a company)."""


def own_host(db: Session, company_id: uuid.UUID, text: str, portals: Collection[str]) -> str | None:
    """The host name as it is kept: lower-case, IDNA; None for an empty text. portals: the portal's own hosts.

    Raises InvalidError for what is no host name, for the portal's own, and for another company's.
    """
    try:
        host = text.strip().lower().rstrip(".").encode("idna").decode()
    except UnicodeError:
        host = "-"
    if not host:
        return None
    if not _HOST.fullmatch(host):
        raise InvalidError(fields={"host": _("Enter a host name like portal.company.com, without https:// before it.")})
    if host in portals:
        raise InvalidError(fields={"host": _("This is the portal’s own host. Choose one that is the company’s alone.")})
    other = sa.select(TenantRecord.name).where(TenantRecord.host == host, TenantRecord.id != company_id)
    if name := db.scalar(other):
        raise InvalidError(fields={"host": _("${name} has this host already.", mapping={"name": name})})
    return host
