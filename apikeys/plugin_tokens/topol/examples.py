"""What this family takes and answers, for its description; a test compares it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import OpenApiExample

from apikeys.access import refusals

TOKEN_ID = "6f1c1e1a-2f0b-4a6e-9d0c-0d5b7a1c9e42"  # noqa: S105 - of an example
NEW_TOKEN = {"name": "Shop of the north", "domains": "example.com,localhost:3000"}
TOKEN: dict[str, Any] = {
    "id": TOKEN_ID,
    "name": "Shop of the north",
    "token": "kp_5JH2QW8YBN3RKX0D_…",
    "domains": "example.com,localhost:3000",
    "created_at": "2026-11-21T09:30:00.000000Z",
}
ADDED = {"domains": "shop.example.com"}
REMOVED = {"domains": "localhost:3000"}
AUTHORIZE = {"token": "kp_5JH2QW8YBN3RKX0D_…"}
ALLOWED = {"allowed": True, "token_id": TOKEN_ID, "name": "Shop of the north"}
_CODES = {
    400: "parse_error",
    403: "domain_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    503: "state_unknown",
}

_MESSAGES = {
    400: refusals.CREDENTIALS_AMBIGUOUS.detail,
    401: refusals.CREDENTIALS_MISSING.detail,
    403: refusals.ENDPOINT_NOT_ALLOWED.detail,
    404: "There is no plugin token with this ID.",
    413: "The body has at most 65536 bytes.",
    415: 'Unsupported media type "text/xml" in request.',
    503: refusals.STATE_UNKNOWN.detail,
}


def message(status: int) -> list[OpenApiExample]:
    """Return the example of an answer with this status."""
    return [OpenApiExample(HTTPStatus(status).phrase, {"message": _MESSAGES[status]})]


def not_allowed(status: int) -> list[OpenApiExample]:
    """Return the example of a refusal to a page with this status."""
    value = {"allowed": False, "code": _CODES[status]}
    return [OpenApiExample(HTTPStatus(status).phrase, value)]


def with_domains(domains: str) -> OpenApiExample:
    """Return the example of an answer with 200 once the domains are these."""
    return answered({"data": {**TOKEN, "domains": domains}})


def asked(value: dict[str, Any]) -> OpenApiExample:
    """Return the example of a body that is sent."""
    return OpenApiExample("body", value, request_only=True)


def answered(value: dict[str, Any]) -> OpenApiExample:
    """Return the example of an answer with 200."""
    return OpenApiExample("answer", value, response_only=True, status_codes=["200"])


INVALID = [
    OpenApiExample(
        "invalid",
        {
            "message": "This field is required.",
            "errors": {"name": ["This field is required."]},
        },
    )
]
