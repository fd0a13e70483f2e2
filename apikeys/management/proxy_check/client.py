"""Sends a call as it stands: no library's tidying of paths, names or redirects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 10
_MAX_BODY = 100_000


class Unreachable(Exception):
    """The address gives no answer; the argument says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    def shows(self, text: str) -> bool:
        """Tell whether a text stands in the answer, in whatever case."""
        whole = f"{self.headers} {self.body}".lower()
        return text.lower() in whole


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where to send calls, and the host to ask for if it is another."""

    url: str
    host: str = ""

    def send(
        self, target: str, headers: Iterable[tuple[str, str]], token: str = ""
    ) -> Answer:
        """Return the answer to a GET of the target. Raises `Unreachable`."""
        parts = urlsplit(self.url)
        own = [("Host", self.host or parts.netloc)]
        if token:
            own.append(("Authorization", f"Bearer {token}"))
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
        try:
            return _exchange(connection, target, [*own, *headers])
        except (OSError, HTTPException) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from None
        finally:
            connection.close()


def _exchange(
    connection: HTTPConnection, target: str, headers: Iterable[tuple[str, str]]
) -> Answer:
    connection.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read(_MAX_BODY).decode("utf-8", "replace")
    return Answer(response.status, tuple(response.getheaders()), body)
