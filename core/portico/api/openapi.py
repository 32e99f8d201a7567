"""The OpenAPI 3.1 document, made from the route table and the Colander schemas that check requests."""

from __future__ import annotations

import re
from typing import Any

import colander
from pyramid.request import Request
from pyramid.response import Response

import portico
from portico.api.schema import ExactDecimal, Uuid
from portico.api.schemas import Anything, Problem
from portico.api.views import respond, to_json
from portico.identity.permissions import PUBLIC
from portico.web.routes import Routes, RouteSpec

PROBLEMS = {
    "400": "The request cannot be understood",
    "401": "No valid access token",
    "403": "Not allowed",
    "404": "Unknown, or not yours to see",
    "405": "Not with this method; see Allow",
    "409": "In conflict with the record's state",
    "410": "Used up, or too old",
    "413": "More than can be taken in",
    "415": "The body is not JSON in UTF-8",
    "422": "Does not fit the schema",
    "429": "Too often; see Retry-After",
    "503": "The company's system is away",
}


def add_routes(routes: Routes) -> None:
    routes.page("api.document", "/api/v1/openapi.json", document_view, permission=PUBLIC, site="any", rate="anonymous")
    routes.page("api.docs", "/developers", docs_view, permission=PUBLIC, site="any", renderer="portico/api_docs.jinja2")


def document_view(context: None, request: Request) -> Response:
    return respond(request, to_json(document_for(request)), 200)


def docs_view(context: None, request: Request) -> dict[str, Any]:
    document = document_for(request)
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append({"path": path, "method": method.upper(), **operation})
    return {"document": document, "groups": groups, "base": request.application_url}


def document_for(request: Request) -> dict[str, Any]:
    """Whole at the apex; below a company only what its plugins offer."""
    tenant = request.tenant
    specs = [
        spec
        for spec in request.registry.portico.routes
        if spec.kind == "api" and (tenant is None or spec.plugin is None or spec.plugin in tenant.plugins)
    ]
    server = "" if tenant is None else request.application_url
    return build(specs, tenant.name if tenant else None, server or request.application_url + "/c/{company}")


def build(specs: list[RouteSpec], company: str | None, server: str) -> dict[str, Any]:
    components: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    schema_ref(Problem, components)
    for spec in specs:
        paths.setdefault(re.sub(r"{(\w+):[^}]*}", r"{\1}", spec.pattern), {})[spec.method.lower()] = operation(
            spec, components
        )
    servers: dict[str, Any] = {"url": server}
    if "{company}" in server:
        servers["variables"] = {"company": {"default": "company", "description": "The company's short name"}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{company} customer portal" if company else "Portico customer portal",
            "version": portico.__version__,
        },
        "servers": [servers],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "From POST /api/v1/portal/auth/token; good for 15 minutes.",
                }
            },
        },
    }


def operation(spec: RouteSpec, components: dict[str, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    if spec.media_type:
        binary = {"schema": {"type": "string", "format": "binary"}}
        answers[str(spec.status)] = {"description": "Done", "content": {spec.media_type: binary}}
    elif spec.response is not None and spec.status != 204:
        answers[str(spec.status)] = {
            "description": "Done",
            "content": {"application/json": {"schema": schema_ref(spec.response, components)}},
        }
    else:
        answers[str(spec.status)] = {"description": "Done"}
    if spec.method == "GET" and not spec.media_type:
        answers["304"] = {"description": "Unchanged since the given ETag"}
    for status, words in PROBLEMS.items():
        answers[status] = {
            "description": words,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    found: dict[str, Any] = {
        "operationId": f"{spec.name}.{spec.method.lower()}",
        "summary": spec.title or spec.name,
        "tags": [spec.name.split(".")[0]],
        "responses": answers,
        "x-permission": spec.permission,
        "parameters": [*path_parameters(spec), *query_parameters(spec, components)],
    }
    if spec.permission == PUBLIC:
        found["security"] = []
    if spec.upload:
        file = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
        content = {"multipart/form-data": {"schema": file | {"additionalProperties": False}}}
        found["requestBody"] = {"required": True, "content": content}
    if spec.body is not None:
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema_ref(spec.body, components)}},
        }
    return found


def path_parameters(spec: RouteSpec) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"} if name.endswith("_id") else {"type": "string"},
        }
        for name in spec.parameters
    ]


def query_parameters(spec: RouteSpec, components: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    if spec.query is not None:
        found = [
            {"name": node.name, "in": "query", "required": bool(node.required), "schema": node_schema(node, components)}
            for node in spec.query().children
        ]
    if spec.idempotent:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "minLength": 1, "maxLength": 200},
                "description": "The same key with the same request gives the first answer again.",
            }
        )
    return found


def schema_ref(schema_class: Any, components: dict[str, Any]) -> dict[str, Any]:
    name = schema_class.__name__
    if name not in components:
        components[name] = {}
        components[name] = node_schema(schema_class(), components)
    return {"$ref": f"#/components/schemas/{name}"}


def node_schema(node: Any, components: dict[str, Any]) -> dict[str, Any]:
    """A Colander node as JSON Schema 2020-12."""
    found = _by_type(node, components)
    for validator in _validators(node):
        _constrain(found, validator)
    if node.description:
        found["description"] = str(node.description)
    if node.missing is None and "type" in found and isinstance(found["type"], str):
        found["type"] = [found["type"], "null"]
    return found


def _by_type(node: Any, components: dict[str, Any]) -> dict[str, Any]:
    kind = node.typ
    if isinstance(kind, colander.Mapping):
        found: dict[str, Any] = {
            "type": "object",
            "properties": {c.name: node_schema(c, components) for c in node.children},
        }
        required = [child.name for child in node.children if child.required]
        if required:
            found["required"] = required
        if kind.unknown == "raise":
            found["additionalProperties"] = False
        if isinstance(node, Anything):
            return {"type": "object"}
        return found
    if isinstance(kind, colander.Sequence):
        return {"type": "array", "items": node_schema(node.children[0], components)}
    if isinstance(kind, ExactDecimal):
        return dict(kind.published)
    for cls, simple in (
        (colander.Boolean, {"type": "boolean"}),
        (colander.Integer, {"type": "integer"}),
        (Uuid, {"type": "string", "format": "uuid"}),
        (colander.DateTime, {"type": "string", "format": "date-time"}),
        (colander.Date, {"type": "string", "format": "date"}),
    ):
        if isinstance(kind, cls):
            return dict(simple)
    return {"type": "string"}


def _validators(node: Any) -> list[Any]:
    validator = node.validator
    if isinstance(validator, colander.All):
        return list(validator.validators)
    return [validator] if validator is not None else []


def _constrain(found: dict[str, Any], validator: Any) -> None:
    if isinstance(validator, colander.Length):
        low, high = ("minItems", "maxItems") if found.get("type") == "array" else ("minLength", "maxLength")
        if validator.min is not None and validator.min > 0:
            found[low] = validator.min
        if validator.max is not None and validator.max >= 0:
            found[high] = validator.max
    elif isinstance(validator, colander.Range) and found.get("type") == "integer":
        if validator.min is not None:
            found["minimum"] = validator.min
        if validator.max is not None:
            found["maximum"] = validator.max
    elif isinstance(validator, colander.OneOf):
        found["enum"] = list(validator.choices)
