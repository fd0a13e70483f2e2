"""What is measured side by side, each answering one trivial call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from bench import load
from bench.server import Server


@dataclass(frozen=True, slots=True)
class Subject:
    """`credential` names the one it is called with, if it asks for any."""

    name: str
    title: str
    path: str
    credential: str = ""


BARE = Subject("bare", "Bare WSGI callable", "/")
PLAIN = Subject("plain", "Plain Django view", "/plain")
OPEN = Subject("open", "DRF view without authentication", "/api/egress/open")
OURS = Subject("drf", "The same view behind our key", "/api/egress/bench", "key")
TOKEN = Subject("token", "DRF TokenAuthentication", "/drf-token", "drf_token")
KNOX = Subject("knox", "django-rest-knox", "/knox", "knox")
API_KEY = Subject("api-key", "djangorestframework-api-key", "/api-key", "api_key")
GATE = Subject("gate", "Our /gate", "/gate", "key")
GATE_ALONE = Subject("gate-alone", "Our /gate on workers of its own", "/gate", "key")
GATE_BEHIND_FRONT = Subject("front", "Our /gate with pages and API", "/gate", "key")
WHOAMI = Subject("whoami", "Our /api/whoami", "/api/whoami", "key")

PATHS = 20_000
MANY_PATHS = Subject("paths", f"Our /gate, {PATHS:,} paths in turn", "/gate", "key")
# The recipe guards everything but /pages.
NGINX = Subject("nginx", "nginx alone", "/pages")
GUARDED = Subject("guarded", "nginx with the gate", "/api/egress/bench", "near_key")

SUBJECTS = (PLAIN, OPEN, OURS, WHOAMI, BARE, GATE, TOKEN, API_KEY, KNOX)
BESIDE_PATHS = (BARE, GATE, MANY_PATHS)
WHERE_THE_GATE_IS = (BARE, GATE_ALONE, GATE_BEHIND_FRONT)
TIMED = (BARE, OPEN, OURS, GATE, API_KEY)
PROXIED = (NGINX, GUARDED)


class NotGuarded(Exception):
    """A subject let a call without a credential pass, or refused one with it."""


def refuse_unguarded(
    subject: Subject, server: Server, credentials: Mapping[str, str]
) -> None:
    """Raise `NotGuarded` unless exactly the call with the credential passes."""
    headers = load.headers(authorization(subject, credentials))
    if server.status(subject.path, headers) != HTTPStatus.OK:
        raise NotGuarded(f"{subject.title} refuses its credential.")
    if (
        subject.credential
        and server.status(subject.path, load.HEADERS) == HTTPStatus.OK
    ):
        raise NotGuarded(f"{subject.title} asks for no credential.")


def rate(
    subject: Subject, server: Server, credentials: Mapping[str, str], seconds: int
) -> float:
    """Return how many calls a second the subject answers."""
    url = server.url(subject.path)
    return load.run(url, seconds, authorization(subject, credentials)).rate


def authorization(subject: Subject, credentials: Mapping[str, str]) -> str:
    """Return the header's value, empty for a subject that asks for no credential."""
    return credentials.get(subject.credential, "")
