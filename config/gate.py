"""The gate alone, for workers of its own: whatever the pages have to bear, it answers.

Bare WSGI and not behind the front of `config.asgi`: it reads no body, and each call is
over in microseconds, so that nothing of a client's keeps a thread.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from apikeys.access.refusals import Refusal
from config.serving import HEALTH_PATH, HEALTHY, set_up

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

set_up()

from apikeys.gate import Gate  # noqa: E402 (needs the app registry)

NOT_HERE = Refusal(
    "not_found", "Not found", "This server answers the gate's question alone.", 404, 404
)


def elsewhere(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Answer what is no question to the gate."""
    if environ.get("PATH_INFO") == HEALTH_PATH:
        return _answer(HTTPStatus.OK, "text/plain", HEALTHY, start_response)
    body = json.dumps(NOT_HERE.problem(NOT_HERE.status)).encode()
    return _answer(
        HTTPStatus.NOT_FOUND, "application/problem+json", body, start_response
    )


def _answer(
    status: HTTPStatus, content_type: str, body: bytes, start_response: StartResponse
) -> Iterable[bytes]:
    headers = [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    start_response(f"{status.value} {status.phrase}", headers)
    return (body,)


application = Gate(elsewhere)
