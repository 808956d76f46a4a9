"""The OpenAPI 3.1 document: what every operation shares is added here, once.

Problems with examples, the headers of the contract, scopes, and the token endpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from canonical.api.contract import catalogue, problems
from canonical.api.contract.describe import fragment
from canonical.api.contract.idempotency import HEADER as IDEMPOTENCY_KEY
from canonical.models.access import SCOPES

Schema = dict[str, Any]

TOKEN_PATH: Final = "/oauth/token/"  # noqa: S105
EXAMPLE_CORRELATION_ID: Final = "7a0d3b6c-8f4e-4d62-9a53-0c6e2f1b9d10"
_ALWAYS: Final = (400, 401, 403, 404, 406, 429, 500, 503)
_WITH_BODY: Final = (413, 415)
_ONCE: Final = (409, 422)
_IF_MATCH: Final = (412, 428)


def _scopes(view: object) -> Mapping[str, str]:
    return getattr(view, "scopes", {})


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """OAuth 2.0 client credentials, with the scope the method needs."""

    target_class = "canonical.api.contract.authentication.BearerAuthentication"
    name = "oauth2"

    def get_security_requirement(self, auto_schema: AutoSchema) -> Schema:
        scope = _scopes(auto_schema.view).get(auto_schema.method)
        return {self.name: [scope] if scope else []}

    def get_security_definition(self, auto_schema: AutoSchema) -> Schema:
        flow = {"tokenUrl": TOKEN_PATH, "scopes": SCOPES}
        return {"type": "oauth2", "flows": {"clientCredentials": flow}}


class ConsoleScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The console's session cookie."""

    target_class = "canonical.api.contract.authentication.ConsoleAuthentication"
    name = "console"

    def get_security_definition(self, auto_schema: AutoSchema) -> Schema:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class ContractSchema(AutoSchema):
    """Adds to each operation the headers and problems of the contract.

    A view describes itself by `describe(method) -> Operation`, and names its If-Match methods in
    `if_match = {"POST": required?}`.
    """

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> Schema | None:
        if describe := getattr(self.view, "describe", None):
            self.registry, self.path, self.method = registry, path, method.upper()
            operation: Schema | None = fragment(describe(self.method))
            proved = getattr(self.view, "proved", False)
            operation["security"] = [{}] if proved else self.get_auth()  # type: ignore[index]
        else:
            operation = super().get_operation(path, path_regex, path_prefix, method, registry)
        return None if operation is None else self._complete(operation)

    def _complete(self, operation: Schema) -> Schema:
        handler = getattr(self.view, self.method.lower())
        if_match = getattr(self.view, "if_match", {}).get(self.method)
        once = getattr(handler, "answers_once", False)
        operation.setdefault("parameters", []).extend(_headers(once=once, if_match=if_match))
        for status in self._statuses(operation, once=once, if_match=if_match is not None):
            reference = {"$ref": f"#/components/responses/Problem{status}"}
            operation["responses"].setdefault(str(status), reference)
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                response.setdefault("headers", {}).update(_ANSWER_HEADERS)
        if getattr(self.view, "deprecation", None):
            operation["deprecated"] = True
        return operation | catalogue.entry(self.view, self.method)

    @staticmethod
    def _statuses(operation: Schema, *, once: bool, if_match: bool) -> Iterable[int]:
        yield from _ALWAYS
        yield from _WITH_BODY if "requestBody" in operation else ()
        yield from _ONCE if once else ()
        yield from _IF_MATCH if if_match else ()


def _headers(*, once: bool, if_match: bool | None) -> Iterable[Schema]:
    yield {"$ref": "#/components/parameters/CorrelationId"}
    if once:
        yield {"$ref": "#/components/parameters/IdempotencyKey"}
    if if_match is not None:
        yield {"$ref": f"#/components/parameters/IfMatch{'' if if_match else 'Optional'}"}


_ANSWER_HEADERS: Final[Schema] = {
    name: {"$ref": f"#/components/headers/{name}"}
    for name in ("X-Correlation-ID", "RateLimit", "RateLimit-Policy")
}


def _header(name: str, description: str, example: str, *, required: bool = False) -> Schema:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string"},
        "example": example,
    }


_IF_MATCH_TEXT: Final = "The ETag of the version you have read."

PARAMETERS: Final[Schema] = {
    "CorrelationId": _header(
        "X-Correlation-ID",
        "Taken over if it is 1 to 64 of `A-Za-z0-9._:/+=-`, else minted; returned, logged, "
        "stored with the change and sent on to targets.",
        EXAMPLE_CORRELATION_ID,
    ),
    "IdempotencyKey": _header(
        IDEMPOTENCY_KEY,
        "Makes repeating safe: the same key and body get the stored answer for 7 days.",
        "5e0f1c1a-3d0e-4b0a-8a41-6f1f7a2b9c55",
        required=True,
    ),
    "IfMatch": _header("If-Match", _IF_MATCH_TEXT, '"7"', required=True),
    "IfMatchOptional": _header("If-Match", _IF_MATCH_TEXT, '"7"'),
}

HEADERS: Final[Schema] = {
    "X-Correlation-ID": {
        "description": "What logs, changes and deliveries of this request carry.",
        "schema": {"type": "string"},
        "example": EXAMPLE_CORRELATION_ID,
    },
    "RateLimit": {
        "description": "What is left in this window, and seconds until the next.",
        "schema": {"type": "string"},
        "example": '"credential";r=59999;t=42',
    },
    "RateLimit-Policy": {
        "description": "The quota and its window in seconds.",
        "schema": {"type": "string"},
        "example": '"credential";q=60000;w=60',
    },
}

PROBLEM: Final[Schema] = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "code", "detail", "instance", "correlation_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(problems.KINDS)},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "correlation_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def problem_responses() -> Schema:
    """One response a status, with an example of each kind that has it."""
    return {f"Problem{status}": _response(status) for status in sorted(problems.BY_STATUS)}


def _response(status: int) -> Schema:
    kinds = [kind for kind in problems.KINDS.values() if kind.status == status]
    examples = {kind.code: {"value": _example(kind)} for kind in kinds}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
    description = "; ".join(f"{kind.title} (`{kind.code}`)" for kind in kinds) + "."
    return {"description": description, "content": {problems.MEDIA_TYPE: content}}


def _example(kind: problems.Kind) -> Schema:
    return {
        "type": f"/problems/{kind.code}/",
        "title": kind.title,
        "status": kind.status,
        "code": kind.code,
        "detail": kind.advice,
        "instance": "/api/v1/clients",
        "correlation_id": EXAMPLE_CORRELATION_ID,
        "errors": [],
    }


def complete(result: Schema, **_: Any) -> Schema:
    """The last step of the document: shared components and the token endpoint."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = problem_responses()
    components["parameters"] = PARAMETERS
    components["headers"] = HEADERS
    components["securitySchemes"]["client"] = {
        "type": "http",
        "scheme": "basic",
        "description": "The client id and secret of a credential.",
    }
    result["paths"][TOKEN_PATH] = {"post": token_operation()}
    used = {tag for item in result["paths"].values() for op in item.values() for tag in op["tags"]}
    result["tags"] = [{"name": tag} for tag in sorted(used)]
    return result


def token_operation() -> Schema:
    """`POST /oauth/token/`, which is no view of the framework the document is made from."""
    form = {
        "type": "object",
        "required": ["grant_type"],
        "properties": {
            "grant_type": {"type": "string", "enum": ["client_credentials"]},
            "scope": {"type": "string", "description": "Space-separated; all of them if absent."},
            "client_id": {"type": "string"},
            "client_secret": {"type": "string"},
        },
    }
    asked = {"grant_type": "client_credentials", "scope": "read"}
    return {
        "operationId": "token",
        "summary": "Get an access token",
        "description": "The client credentials grant of OAuth 2.0 (RFC 6749 4.4). The credential "
        "goes into HTTP Basic authentication, or into the body.",
        "tags": ["Ways in"],
        **catalogue.marks("Administration", "critical", "0.1.0"),
        "security": [{"client": []}, {}],
        "requestBody": {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": form, "example": asked}},
        },
        "responses": {
            "200": _json_answer("A bearer token.", _TOKEN, _TOKEN_EXAMPLE),
            "400": _json_answer("Refused.", _TOKEN_ERROR, _token_error("invalid_scope", 400)),
            "401": _json_answer("Unknown.", _TOKEN_ERROR, _token_error("invalid_client", 401)),
            "405": {"$ref": "#/components/responses/Problem405"},
            "429": {"$ref": "#/components/responses/Problem429"},
        },
    }


def _json_answer(description: str, schema: Schema, example: Schema) -> Schema:
    content = {"application/json": {"schema": schema, "example": example}}
    return {"description": description, "content": content}


def _token_error(error: str, status: int) -> Schema:
    kind = problems.KINDS[problems.BY_STATUS[status]]
    return {**_example(kind), "instance": TOKEN_PATH, "error": error, "error_description": ""}


_TOKEN: Final[Schema] = {
    "type": "object",
    "required": ["access_token", "token_type", "expires_in", "scope"],
    "properties": {
        "access_token": {"type": "string"},
        "token_type": {"type": "string", "enum": ["Bearer"]},
        "expires_in": {"type": "integer", "description": "Seconds."},
        "scope": {"type": "string"},
    },
}
_TOKEN_EXAMPLE: Final[Schema] = {
    "access_token": "hT2kq0vXyJ5s0mC1u8eVb3nZr7wLq4",
    "token_type": "Bearer",
    "expires_in": 3600,
    "scope": "read",
}
_TOKEN_ERROR: Final[Schema] = {
    "allOf": [
        {"$ref": "#/components/schemas/Problem"},
        {
            "type": "object",
            "required": ["error"],
            "properties": {
                "error": {"type": "string"},
                "error_description": {"type": "string"},
            },
        },
    ]
}
