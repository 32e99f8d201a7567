"""Pages on a connection's mapping: what is mapped, one thing at a time with a preview, and the whole as text. Each way to save
makes a draft that is tested before it is put to use.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.admin import connection_form
from portico.admin.versions import seen_version
from portico.connections import service
from portico.connections.errors import ConnectorError
from portico.connections.models import Connection
from portico.errors import DomainError, InvalidError, NotFoundError
from portico.pluginhost.toggles import ChangedMeanwhileError
from portico.web import outside
from portico.web.params import uuid_param
from portico.web.storable import NOT_KEPT
from portico_companydb.foreign import document, editing, guesses
from portico_companydb.foreign.entities import BOOLEAN, CHOICES, DAY, MOMENT, NUMBER, Entity, entity, paths
from portico_companydb.foreign.explore import Findings, Question
from portico_companydb.i18n import _

NAME = "companydb"
EXPLORE_S = 15.0
FORMATS = ("yyyymmdd", "cyymmdd", "ddmmyyyy", "mmddyyyy", "yymmdd", "yyyyddd", "epoch", "epoch_ms", "%d.%m.%Y")


def load(request: Request) -> Connection:
    """Raises NotFoundError for a connection of another kind as well."""
    found = service.get(request.db, uuid_param(request, "connection_id"))
    if found.connector != NAME:
        raise NotFoundError
    return found


def overview(context: Connection, request: Request) -> dict[str, Any]:
    raw = context.config.get("mapping") or {}
    rows = []
    for path in paths():
        said = editing.source(raw, path)
        above = path.rpartition(".")[0]
        rows.append(
            {
                "path": path,
                "title": entity(path).title,
                "depth": path.count("."),
                "table": said.get("table") or (_("a query") if said.get("query") else ""),
                "fields": len(said.get("fields", {})),
                "of": len(entity(path).fields),
                "possible": not above or bool(editing.source(raw, above)),
            }
        )
    return {"connection": context, "rows": rows, "writes": "submission" in raw, "raw": raw}


def edit(context: Connection, request: Request) -> Any:
    """One thing of the mapping. GET with "table": begin with that table. POST with "do": look, preview, save or remove."""
    path = request.params.get("of", "items")
    if path not in paths():
        raise HTTPNotFound
    raw, of = dict(context.config.get("mapping") or {}), entity(path)
    stored, posted = editing.source(raw, path), request.method == "POST"
    flat = {name: str(value) for name, value in request.POST.items()} if posted else editing.shown(stored, of)
    if not posted and request.GET.get("table"):
        flat["table"] = request.GET["table"]
    do, problem = flat.get("do", "save") if posted else "", None
    if do in ("save", "remove"):
        try:
            said = None if do == "remove" else editing.read(flat, of, stored)
            return _propose(context, request, editing.placed(raw, path, said))
        except (DomainError, document.MappingError) as error:
            if isinstance(error, ChangedMeanwhileError):
                raise
            problem = _why(error)
            request.response.status_int = 422
    found = _explore(request, context, raw, path, flat, stored)
    guessed = {} if problem else _guess(of, flat, found)
    if guessed:
        found = _explore(request, context, raw, path, flat, stored)
    return {
        "connection": context,
        "path": path,
        "entity": of,
        "flat": flat,
        "found": found,
        "guessed": guessed,
        "problem": problem,
        "stored": bool(stored),
        "fields": [_field(name, of, flat, found) for name in of.fields],
        "formats": FORMATS,
    }


def _explore(
    request: Request, context: Connection, raw: Mapping[str, Any], path: str, flat: Mapping[str, str], stored: Mapping[str, Any]
) -> Findings:
    of = entity(path)
    said = editing.read(flat, of, stored)
    counted = [flat.get(f"{name}.column", "") for name, kind in of.fields.items() if kind.choices or flat.get(f"{name}.ours.0")]
    ready = bool(said.get("fields"))
    asked = Question(
        table=said.get("table", ""),
        query=said.get("query", ""),
        words=tuple(filter(None, counted)),
        path=path if ready else "",
        document=editing.placed(raw, path, said) if ready else None,
    )
    try:
        answer: Findings = outside.call(request, context.id, "check", "explore", asked, timeout_s=EXPLORE_S)
    except ConnectorError as error:
        return Findings(problem=error.message)
    return answer


def _guess(of: Entity, flat: dict[str, str], found: Findings) -> dict[str, str]:
    """Suggestions where nothing is assigned yet; they are in the form as if chosen, and marked."""
    if not found.columns or any(flat.get(f"{name}.column") or flat.get(f"{name}.value") for name in of.fields):
        return {}
    guessed = guesses.columns(of, found.columns)
    flat.update({f"{name}.column": column for name, column in guessed.items()})
    if of.keyed and not flat.get("key"):
        flat["key"] = ", ".join([guessed["code"]] if "code" in guessed else guesses.key(found.columns))
    return guessed


def _field(name: str, of: Entity, flat: Mapping[str, str], found: Findings) -> dict[str, Any]:
    kind = of.fields[name]
    assigned = {
        flat[f"{name}.word.{index}"]: flat.get(f"{name}.ours.{index}", "")
        for index in range(editing.WORDS)
        if f"{name}.word.{index}" in flat and (kind.choices or flat.get(f"{name}.ours.{index}"))
    }
    counts = dict(found.words.get(flat.get(f"{name}.column", ""), []))
    ours = {one.value for one in kind.choices} if kind.choices else set()
    # A word that is one of ours means itself, unless somebody said otherwise.
    words = [(word, assigned.get(word, word if word in ours else ""), count) for word, count in counts.items()]
    words += [(word, meant, 0) for word, meant in assigned.items() if word not in counts]
    if not kind.choices:
        words = [(word, meant, counts.get(word, 0)) for word, meant in assigned.items()]
        words += [("", "", 0)] * 2 if kind.kind == "text" and (assigned or flat.get(f"{name}.column")) else []
    return {
        "name": name,
        "title": kind.title,
        "needed": kind.needed,
        "number": kind.kind == NUMBER,
        "time": kind.kind in (DAY, MOMENT),
        "truth": kind.kind == BOOLEAN,
        "choices": {one.value: CHOICES[one.value] for one in kind.choices} if kind.choices else {},
        "words": words[: editing.WORDS],
        "more": any(flat.get(f"{name}.{key}") for key in editing.CELL if key not in ("column", "value"))
        or (bool(assigned) and not kind.choices),
    }


def text(context: Connection, request: Request) -> Any:
    """The whole mapping as text: to read, to take away, to paste or to send as a file."""
    raw = context.config.get("mapping") or {}
    said, problem = editing.dumped(raw) if raw else "", None
    if request.method == "POST":
        said = _sent(request)
        try:
            return _propose(context, request, document.load(said) if said.strip() else None)
        except (DomainError, document.MappingError) as error:
            if isinstance(error, ChangedMeanwhileError):
                raise
            problem = _why(error)
            request.response.status_int = 422
    return {"connection": context, "said": said, "problem": problem}


def _sent(request: Request) -> str:
    """The file, if one was sent, else what stands in the field."""
    upload = request.POST.get("file")
    if getattr(upload, "file", None) is None:
        return str(request.POST.get("mapping", ""))
    data: bytes = upload.file.read(document.LONGEST * 4)
    return data.decode("utf-8-sig", errors="replace")


def export(context: Connection, request: Request) -> Response:
    """The mapping as a file."""
    raw = context.config.get("mapping") or {}
    response = Response(editing.dumped(raw) + "\n", content_type="application/json", charset="utf-8")
    response.content_disposition = 'attachment; filename="mapping.json"'
    return response


def _propose(context: Connection, request: Request, raw: Mapping[str, Any] | None) -> Response:
    """A draft with this mapping, and on to its test. Raises MappingError, or what `propose` raises."""
    if seen_version(request) != context.version:
        raise ChangedMeanwhileError
    if "\\u0000" in json.dumps(raw):  # as JSON writes a NUL
        raise InvalidError(NOT_KEPT)
    if raw:
        document.parse(raw, str(context.config.get("currency", "EUR")))
    values = {"name": context.name, "settings": {**context.config, "mapping": dict(raw) if raw else None}}
    # A draft that failed is corrected by the next one for the same connection.
    of = context.replaces_id or context.id
    draft_id = connection_form.propose(request.db, request.registry.portico, NAME, values, of)
    return HTTPSeeOther(request.route_path("admin.connection_test", connection_id=draft_id))


def _why(error: Any) -> Any:
    if isinstance(error, InvalidError) and error.fields:
        return next(iter(error.fields.values()))
    return error.message
