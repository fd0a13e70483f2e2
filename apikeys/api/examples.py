"""What our own endpoints answer, for their description; a test compares it with them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

from apikeys.access import refusals

PATH = "/api/ingress/leads"

WHOAMI: dict[str, Any] = {
    "id": "kd_7Q2MZK0RBW9XJ4TC",
    "name": "Snowflake export",
    "type": "v1",
    "location": None,
    "roles": ["Full access"],
    "permissions": [
        "apikeys.add_plugintoken",
        "apikeys.change_plugintoken",
        "apikeys.delete_plugintoken",
        "apikeys.view_plugintoken",
    ],
    "expires_at": "2027-02-19T22:10:55.976953Z",
    "address": "203.0.113.9",
    "networks": ["203.0.113.0/24"],
    "endpoints": ["GET /api/egress/*"],
    "read_only": False,
    "rotation": {"overlap_ends_at": "2026-12-06T09:00:00Z", "presented": "new"},
}
_NOT_ALLOWED = f"No endpoint permission matches GET {PATH}."
EXPLANATION: dict[str, Any] = {
    "allowed": False,
    "status": 403,
    "code": "endpoint_not_allowed",
    "detail": _NOT_ALLOWED,
    "rule": "endpoint",
    "steps": [
        {"rule": rule, "passed": rule != "endpoint", "text": text}
        for rule, text in {
            "carrier": "The credential stands where the key allows it.",
            "active": "The key is active.",
            "expiry": "The key never expires.",
            "network": "The address 127.0.0.1 is in 127.0.0.1/32.",
            "path": "The path is in normal form.",
            "type": "Type v1 covers /api/ingress.",
            "endpoint": _NOT_ALLOWED,
        }.items()
    ],
}
PROBLEMS = {
    refusal.status: [OpenApiExample(refusal.code, refusal.problem(refusal.status))]
    for refusal in (
        refusals.CREDENTIALS_AMBIGUOUS,
        refusals.CREDENTIALS_MISSING,
        refusals.ENDPOINT_NOT_ALLOWED,
        refusals.STATE_UNKNOWN,
    )
}


def answer(value: dict[str, Any]) -> list[OpenApiExample]:
    """Return the example of an endpoint's answer with 200."""
    return [OpenApiExample("answer", value, response_only=True, status_codes=["200"])]
