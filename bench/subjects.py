"""What is measured side by side, each answering one trivial call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from bench import load
from bench.server import Server


@dataclass(frozen=True, slots=True)
class Subject:
    """`credential` names the one it is called with, if it asks for any.

    `paths` is how many record paths the gate is asked about in turn, 0 for one.
    """

    name: str
    title: str
    path: str
    credential: str = ""
    paths: int = 0


BARE = Subject("bare", "Bare WSGI callable", "/")
PLAIN = Subject("plain", "Plain Django view", "/plain")
OPEN = Subject("open", "DRF view without authentication", "/api/egress/open")
OURS = Subject("drf", "The same view behind our key", "/api/egress/bench", "key")
TOKEN = Subject("token", "DRF TokenAuthentication", "/drf-token", "drf_token")
KNOX = Subject("knox", "django-rest-knox", "/knox", "knox")
API_KEY = Subject("api-key", "djangorestframework-api-key", "/api-key", "api_key")
GATE = Subject("gate", "Our /gate", "/gate", "key")
GATE_PATHS = Subject("gate-paths", "Our /gate, 20,000 paths", "/gate", "key", 20_000)
WHOAMI = Subject("whoami", "Our /api/whoami", "/api/whoami", "key")

# What is compared is measured one after the other: a machine's speed drifts.
SUBJECTS = (PLAIN, OPEN, OURS, WHOAMI, BARE, GATE, GATE_PATHS, TOKEN, API_KEY, KNOX)


class NotGuarded(Exception):
    """A subject let a call without a credential pass, or refused one with it."""


def refuse_unguarded(
    subject: Subject, server: Server, credentials: Mapping[str, str]
) -> None:
    """Raise `NotGuarded` unless exactly the call with the credential passes."""
    headers = load.headers(_of(subject, credentials))
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
    credential = _of(subject, credentials)
    return load.run(url, seconds, credential, paths=subject.paths).rate


def _of(subject: Subject, credentials: Mapping[str, str]) -> str:
    return credentials.get(subject.credential, "")
