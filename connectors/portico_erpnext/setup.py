"""The portal's own fields in ERPNext: made by the portal where its user may, by an administrator where not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portico_erp.errors import ConnectorRejectedError
from portico_erp.values import SetupReport
from portico_erpnext.i18n import _
from portico_erpnext.reader import ANSWER, CLAIM, CUSTOMER, NOTE, PO_NUMBER, QUOTATION, REFERENCE
from portico_erpnext.rest import Rest

VERSION = 1
FIELDS: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    (QUOTATION, REFERENCE, {"label": "Portal reference", "fieldtype": "Data", "unique": 1, "no_copy": 1, "read_only": 1}),
    (QUOTATION, NOTE, {"label": "Customer's note", "fieldtype": "Small Text"}),
    (QUOTATION, PO_NUMBER, {"label": "Customer's order number", "fieldtype": "Data", "allow_on_submit": 1}),
    (
        QUOTATION, ANSWER,
        {"label": "Customer's answer", "fieldtype": "Select", "options": "\naccepted", "allow_on_submit": 1, "no_copy": 1,
         "read_only": 1},
    ),
    ("Quotation Item", NOTE, {"label": "Customer's note", "fieldtype": "Small Text"}),
    (CUSTOMER, CLAIM, {"label": "Portal code", "fieldtype": "Data", "unique": 1, "no_copy": 1}),
)  # fmt: skip
"""(kind of document, name of the field, what it is)."""


def missing(rest: Rest) -> list[tuple[str, str, Mapping[str, Any]]]:
    """By reading them, which whoever may read the documents may: the fields themselves are for administrators."""
    return [one for one in FIELDS if not _is_there(rest, one[0], one[1])]


def _is_there(rest: Rest, doctype: str, field: str) -> bool:
    parent = QUOTATION if doctype.endswith(" Item") else ""
    try:
        rest.some(doctype, [field], parent=parent, limit=1)
    except ConnectorRejectedError as error:
        if error.code != "schema":
            raise
        return False
    return True


def set_up(rest: Rest) -> SetupReport:
    """Raises ConnectorUnauthorisedError when the user may not make fields."""
    lacking = missing(rest)
    if not lacking:
        return SetupReport(False, VERSION, _("The portal's fields are there already."))
    for doctype, name, values in lacking:
        try:
            rest.create("Custom Field", {"dt": doctype, "fieldname": name, **values})
        except ConnectorRejectedError as error:
            if error.code != "duplicate":  # two at the same moment
                raise
    return SetupReport(True, VERSION, _("The portal's fields were made."))
