"""The archive that a person gets: a page to read, a table to open for each kind of record, and JSON for machines."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from portico.db.types import now
from portico.exports.neutral import neutral
from portico.privacy.collecting import Company, Section
from portico.privacy.own_files import Own
from portico.web.i18n import _, translate

INDEX, DATA = "index.html", "data.json"
LOCKED = _(
    "The company demands a second factor, and you had none. Set one up and make another archive, or ask the company itself."
)


def archive(
    portico: Any,
    sections: Sequence[Section],
    *,
    locale: str,
    name: str,
    email: str,
    files: Iterable[Own] = (),
    without: Sequence[Company] = (),
) -> bytes:
    """A ZIP. Cells of its tables run nothing in a spreadsheet. files: what the person uploaded; its page and its JSON say
    which of them are not in it. without: companies that are not in it, which both say, too."""
    left_out: list[Own] = []
    filled = [section for section in sections if section.rows]
    made_at = now()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for section in filled:
            made.writestr(f"tables/{section.table}.csv", table(section))
        for one in files:
            if one.content is None:
                left_out.append(one)
            else:
                made.writestr(one.path, one.content)
        values = {"sections": filled, "made_at": made_at, "name": name, "email": email, "left_out": left_out, "without": without}
        made.writestr(INDEX, portico.themes.render(None, "portico/privacy/archive.jinja2", locale=locale, **values))
        told = {
            "made_at": made_at.isoformat(),
            "tables": {section.table: list(section.rows) for section in filled},
            "companies_left_out": [{"company": one.name, "reason": translate(locale, LOCKED)} for one in without],
            "files_left_out": [{"path": one.path, "reason": translate(locale, one.reason)} for one in left_out],
        }
        made.writestr(DATA, json.dumps(told, ensure_ascii=False, indent=1))
    return file.getvalue()


def table(section: Section) -> str:
    """CSV; begins with the mark by which spreadsheets know UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    columns = list(section.rows[0])
    writer.writerow(columns)
    writer.writerows(neutral(cell(row[column]) for column in columns) for row in section.rows)
    return "\ufeff" + text.getvalue()


def cell(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else str(value)
