"""How the API describes itself: OpenAPI 3.1, with every answer that a caller can get."""

from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from web.api.problems import PROBLEM_JSON, Problem

PREFIX: Final = "/api/v1"
"""What every path begins with."""

ALWAYS: Final = (401, 403, 422, 429, 503)
"""Statuses with which any operation may refuse."""

_MEANINGS: Final = {
    400: "What was sent cannot be read.",
    401: "No token, or one that is unknown, revoked or expired.",
    403: "The token lacks the scope, or its person may not.",
    404: "There is none, or this person does not see it.",
    409: "It does not fit how things stand.",
    412: "Somebody else acted since the state that If-Match names.",
    413: "Too large.",
    415: "Not the kind of content that is taken here.",
    422: "A part is missing, of another form, or names what nobody knows.",
    429: "Too many requests.",
    503: "The database does not answer just now.",
}

_RATE_HEADERS: Final = {
    "RateLimit-Policy": {"description": "The quota: requests (q) in seconds (w).", "schema": {"type": "string"}},
    "RateLimit": {"description": "Requests left (r), and when all are there again (t).", "schema": {"type": "string"}},
}

DESCRIPTION: Final = """
Everything that people do and ask in Đôn Đốc, for other systems. A token acts for its person: it sees what he sees and
may do what he may do, within the token's scopes. docs/api.md walks through it with curl.

Errors are RFC 9457 problems with a `code`. Lists have a cursor: pass `next` as `after`. A POST may bear an
`Idempotency-Key`: sent again with the same key it is carried out once. A directive's ETag can be sent as `If-Match`
with a command, to be refused (412) if somebody else acted meanwhile. Codes of directives may contain `/`: write it as
`%2F` in addresses.
"""

TAGS: Final = [
    {"name": "documents", "description": "Source documents with their directives."},
    {"name": "directives", "description": "Directives, their history, what comes next."},
    {"name": "commands", "description": "Acting on a directive."},
    {"name": "board", "description": "Figures that add up."},
    {"name": "inbox", "description": "The person's own notices."},
    {"name": "office", "description": "Directory, calendar and policy, read."},
    {"name": "directory", "description": "People, agencies and fields, changed by administrators."},
    {"name": "calendar and policy", "description": "Changed by administrators."},
    {"name": "own", "description": "What a person keeps for himself."},
    {"name": "imports", "description": "Workbooks."},
    {"name": "events", "description": "Following what happens."},
    {"name": "administration", "description": "Webhooks, accounts, the audit."},
    {"name": "token", "description": "Whose token this is."},
]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The declarations of the errors that an operation may answer besides those of every operation."""
    return {status: {"description": _MEANINGS[status]} for status in (*ALWAYS, *statuses)}


def version_tag() -> dict[str, Any]:
    """The declaration of the ETag of what is kept in the directory or as policy."""
    return {"ETag": {"description": "Names what stands; for If-Match.", "schema": {"type": "string"}}}


def etag() -> dict[str, Any]:
    """The declaration of a directive's ETag."""
    return {"ETag": {"description": "The number of the last event; for If-Match.", "schema": {"type": "string"}}}


def describe(api: FastAPI) -> None:
    """Let the application tell its errors as problems, and its rates, in its description."""

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = _described(api)
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way


def _described(api: FastAPI) -> dict[str, Any]:
    told = get_openapi(title=api.title, version=api.version, description=DESCRIPTION, routes=api.routes, tags=TAGS)
    schemas = told["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas |= _schema_of(Problem)
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in told["paths"].values():
        for operation in path.values():
            operation["summary"] = operation["description"].partition(". ")[0].rstrip(".")
            for status, response in operation["responses"].items():
                if int(status) >= HTTPStatus.BAD_REQUEST:
                    response["content"] = content
                if int(status) in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
                    waiting = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
                    response.setdefault("headers", {})["Retry-After"] = waiting
                if int(status) != HTTPStatus.UNAUTHORIZED:
                    response.setdefault("headers", {}).update(_RATE_HEADERS)
    return told


def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), model.__name__: schema}
