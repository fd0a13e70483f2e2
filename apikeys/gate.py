"""Forward authentication for endpoints that are not Django's.

A plain WSGI callable in front of Django, for one path: the sub-request of nginx
`auth_request`, Caddy `forward_auth` and Traefik `ForwardAuth`. It reads the
original method, path and address from headers that the proxy sets, decides with
the same `authorize` as everywhere, and answers 200 with headers about the key, or 401 or 403 with
a problem body (RFC 9457). It is no Django view because it is asked before every
call of the whole CRM, and a view with its middleware costs several times more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from apikeys.access import credentials, parameters, refusals
from apikeys.access.paths import normal_raw_path
from apikeys.access.refusals import Refusal
from apikeys.access.rules import Grant
from apikeys.app_settings import app_settings
from apikeys.caching.db_connections import release_connection
from apikeys.keys.authorize import authorize

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

GATE_PATH = "/gate"

_METHOD_AND_TARGET = {
    "original": ("HTTP_X_ORIGINAL_METHOD", "HTTP_X_ORIGINAL_URI"),
    "forwarded": ("HTTP_X_FORWARDED_METHOD", "HTTP_X_FORWARDED_URI"),
}
_UNSET = [
    ("X-Api-Key-Id", ""),
    ("X-Api-Key-Name", ""),
    ("X-Api-Location", ""),
    ("X-Api-Roles", ""),
]

_PEER_NOT_TRUSTED = refusals.Refusal(
    "peer_not_trusted",
    "Not a trusted proxy",
    "Only a proxy in TRUSTED_PROXIES may ask the gate.",
    403,
    403,
)
_GATE_HEADERS_MISSING = refusals.Refusal(
    "gate_headers_missing",
    "The proxy tells no method or path",
    "The proxy must send the original method and path; see the recipes.",
    403,
    403,
)

_MAX_BODY_IN_HEADER = 1_000

Application = Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]


class Gate:
    """WSGI application: answers `/gate` itself and hands on everything else."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != GATE_PATH:
            return self._application(environ, start_response)
        try:
            decision = decide(environ)
        finally:
            # Django's request signals, which do this elsewhere, do not run here.
            release_connection()
        if isinstance(decision, Refusal):
            return _refuse(decision, start_response)
        headers = _headers(
            decision.key_id, decision.name, decision.location, decision.roles
        )
        start_response("200 OK", list(headers))
        return (b"",)


def decide(environ: WSGIEnvironment) -> Grant | Refusal:
    """Return what the calling key may do, or why this call may not pass."""
    remote = environ.get("REMOTE_ADDR", "")
    if not app_settings.proxies.trusts(remote):
        return _PEER_NOT_TRUSTED
    method_header, target_header = _METHOD_AND_TARGET[app_settings.GATE_HEADERS]
    method, target = environ.get(method_header, ""), environ.get(target_header, "")
    if not method or not target:
        return _GATE_HEADERS_MISSING
    decision = authorize(
        credentials.find(
            environ.get("HTTP_AUTHORIZATION"),
            environ,
            app_settings.key_headers,
            parameters.query_parameters(target.partition("?")[2]),
        ),
        method=method,
        path=normal_raw_path(target),
        address=app_settings.proxies.caller(
            remote, environ.get("HTTP_X_FORWARDED_FOR")
        ),
        at=datetime.now(UTC),
    )
    return decision if isinstance(decision, Refusal) else decision.grant


# As many keys as a process remembers by default.
@lru_cache(maxsize=10_000)
def _headers(
    key_id: str, name: str, location: str, roles: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    # Percent-encoded UTF-8, and always all of them: some proxies hand on the
    # name of a header that was not sent.
    return (
        ("Content-Length", "0"),
        ("X-Api-Key-Id", key_id),
        ("X-Api-Key-Name", quote(name)),
        ("X-Api-Location", quote(location)),
        ("X-Api-Roles", ",".join(map(quote, roles))),
    )


def _refuse(refusal: Refusal, start_response: StartResponse) -> Iterable[bytes]:
    body = json.dumps(refusal.problem(refusal.gate_status)).encode()
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Refusal", refusal.code),
        ("X-Refusal-Body", _short(refusal, body)),
        *refusal.headers(refusal.gate_status).items(),
        *_UNSET,
    ]
    status = HTTPStatus(refusal.gate_status)
    start_response(f"{status.value} {status.phrase}", headers)
    return (body,)


def _short(refusal: Refusal, body: bytes) -> str:
    # A detail quotes the path, and proxies refuse headers above a few kilobytes.
    if len(body) > _MAX_BODY_IN_HEADER:
        title_alone = refusal.because(refusal.title)
        body = json.dumps(title_alone.problem(refusal.gate_status)).encode()
    return body.decode("ascii")
