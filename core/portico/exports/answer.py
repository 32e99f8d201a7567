"""Makes the file of an export within the request, on the disk, and gives it out. A process makes one long one at a time: so
many rows keep a processor busy for seconds, and the pages beside it have to go on."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any, Final

from pyramid.request import Request
from pyramid.response import Response

from portico.db.types import now
from portico.errors import BusyError
from portico.exports import csv_file, xlsx_file
from portico.exports.columns import Column, Table
from portico.web.i18n import _, direction, translate

FORMATS: Final = ("csv", "xlsx")
IN_MEMORY = 1 << 18
"""Bytes of a file that stay in memory; the rest is on the disk."""
SHORT = 2_000
"""Rows that any number of exports may have at the same time."""
_CHUNK = 1 << 16
_WRITERS: dict[str, tuple[Callable[[Table, IO[bytes]], int], str]] = {
    "csv": (csv_file.write, csv_file.MEDIA_TYPE),
    "xlsx": (xlsx_file.write, xlsx_file.MEDIA_TYPE),
}
Rows = Generator[Sequence[Any], None, None]
_long_one = threading.Lock()


class ExportBusyError(BusyError):
    code = "export-busy"
    message = _("Another export is being made at this moment. Try again in a few seconds.")
    remedy = _("Each process of the portal makes one long export at a time. Send the request again after the named time.")


@dataclass(frozen=True)
class Made:
    """An export and how many rows it has."""

    response: Response
    rows: int


def answer(
    request: Request, form: str, name: str, title: Any, columns: Sequence[Column], rows: Rows
) -> Made:
    """The rows as a file to download. form: one of FORMATS; name: of the file, without its ending.

    Raises ExportBusyError; whatever reading the rows raises, before anything is sent.
    """
    write, media_type = _WRITERS[form]
    locale, zone = request.locale_name, request.tenant.zone
    table = Table(
        title=translate(locale, title),
        columns=columns,
        titles=[translate(locale, column.title) for column in columns],
        rows=_in_turn(rows),
        zone=zone,
        right_to_left=direction(locale) == "rtl",
    )
    file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)
    try:
        with closing(rows):  # with the cursor behind it, while its transaction is there
            count = write(table, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    response = Response(app_iter=Chunks(file), content_type=media_type)
    if form == "csv":
        response.charset = "utf-8"
    day = now().astimezone(zone).date().isoformat()
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{day}.{form}"'
    return Made(response, count)


def _in_turn(rows: Rows) -> Iterator[Sequence[Any]]:
    """The rows; from the first that is too many on, no other long export goes on beside this one. Nobody waits: that would keep
    a page's thread."""
    yield from islice(rows, SHORT)
    for row in rows:  # there is another
        if not _long_one.acquire(blocking=False):
            raise ExportBusyError()
        try:
            yield row
            yield from rows
        finally:
            _long_one.release()


class Chunks:
    """A file as the bytes of an answer; the server closes it, whatever becomes of the client."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        while part := self._file.read(_CHUNK):
            yield part

    def close(self) -> None:
        self._file.close()
