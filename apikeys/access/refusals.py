"""Why a call may not pass, as values: a stable code, a text and the HTTP status."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus

CHALLENGE = 'Bearer realm="api"'


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call may not pass: a stable code, a text, and the HTTP status.

    `gate_status` is what a proxy's sub-request gets, where only 401 and 403 pass.
    """

    code: str
    title: str
    detail: str
    status: int
    gate_status: int

    def because(self, detail: str) -> Refusal:
        """Return the same refusal with a text about this one call."""
        return replace(self, detail=detail)

    @staticmethod
    def headers(status: int) -> dict[str, str]:
        """Return the headers that HTTP wants with a status (RFC 9110)."""
        if status == HTTPStatus.UNAUTHORIZED:
            return {"WWW-Authenticate": CHALLENGE}
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            return {"Retry-After": "1"}
        return {}

    def problem(self, status: int) -> dict[str, str | int]:
        """Return the body of an RFC 9457 answer with the given status."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": status,
            "detail": self.detail,
            "code": self.code,
        }


def _refusal(
    code: str, title: str, detail: str, status: int, gate_status: int = 0
) -> Refusal:
    return Refusal(code, title, detail, status, gate_status or status)


CREDENTIALS_MISSING = _refusal(
    "credentials_missing",
    "No credentials",
    "Send the token as 'Authorization: Bearer <token>', as HTTP Basic, or in a header.",
    401,
)
CREDENTIALS_MALFORMED = _refusal(
    "credentials_malformed",
    "Malformed credentials",
    "What was sent does not have the form of a token.",
    401,
)
CREDENTIALS_AMBIGUOUS = _refusal(
    "credentials_ambiguous",
    "Two different credentials",
    "The call carries more than one credential. Send exactly one.",
    400,
    401,
)
CREDENTIALS_INVALID = _refusal(
    "credentials_invalid", "Invalid credentials", "The credentials are not valid.", 401
)
HTTPS_REQUIRED = _refusal(
    "https_required",
    "HTTPS required",
    "This call came over plain HTTP. Use https:// and rotate the key: its secret was"
    " readable on the way.",
    403,
)
CREDENTIALS_IN_PARAMETERS = _refusal(
    "credentials_in_parameters",
    "Credentials in parameters",
    "This key does not accept credentials as parameters.",
    400,
    401,
)
KEY_INACTIVE = _refusal("key_inactive", "Key inactive", "This key is inactive.", 401)
KEY_EXPIRED = _refusal("key_expired", "Key expired", "This key has expired.", 401)
IP_NOT_ALLOWED = _refusal(
    "ip_not_allowed",
    "Address not allowed",
    "The caller's address is in none of the key's allowed networks.",
    403,
)
PATH_MALFORMED = _refusal(
    "path_malformed",
    "Malformed path",
    "The path has empty or dot segments, encoded separators, or characters"
    " that are never let through.",
    400,
    403,
)
TYPE_NOT_ALLOWED = _refusal(
    "type_not_allowed",
    "Not covered by the key's type",
    "The key's type does not cover this path.",
    403,
)
ENDPOINT_NOT_ALLOWED = _refusal(
    "endpoint_not_allowed",
    "Endpoint not allowed",
    "No endpoint permission of the key matches this path.",
    403,
)
PERMISSION_MISSING = _refusal(
    "permission_missing",
    "Permission missing",
    "The key's roles do not hold the permission that this endpoint needs.",
    403,
)
METHOD_NOT_ALLOWED = _refusal(
    "method_not_allowed",
    "Method not allowed",
    "This endpoint does not answer this method.",
    405,
    403,
)
SERVER_BUSY = _refusal(
    "server_busy",
    "Server busy",
    "The server is checking other passwords. Try again shortly.",
    503,
)
STATE_UNKNOWN = _refusal(
    "state_unknown",
    "Credentials cannot be checked now",
    "The database does not answer. Try again shortly.",
    503,
)


def all_refusals() -> list[Refusal]:
    """Return every refusal of a call with a key, in the order of this module."""
    return [value for value in globals().values() if isinstance(value, Refusal)]
