"""How long the gate takes while pages and API have more to do than they can.

Sign-ins keep the processor busy with hashes; bodies that are announced and do not come
hold what a server has for each call. Both come over connections of their own, for as
long as the gate is measured.
"""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from urllib.parse import urlencode

from bench.latency import at_rate
from bench.server import HOST, Server
from bench.subjects import Subject

CALLS_A_SECOND = 400
QUIET, SIGN_INS, SLOW_BODIES = "quiet", "flooded with sign-ins", "flooded with bodies"
KINDS = (QUIET, SIGN_INS, SLOW_BODIES)
# p99 in milliseconds by kind.
Flooded = dict[str, float]

_CLIENTS = 8
_HELD_BODIES = 64
_TOKEN = "x" * 32
_SLOW = b"POST /settings/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\na"
_people = count()


def measure(
    subject: Subject,
    gate: Server,
    pages: Server,
    credentials: Mapping[str, str],
    seconds: int,
) -> Flooded:
    """Return p99 of the gate without a flood and with each of them."""
    found = {}
    for kind in KINDS:
        asked = CALLS_A_SECOND
        if kind == SIGN_INS and gate is pages:
            # More would wait for minutes.
            asked //= 10
        with _flooding(kind, pages):
            found[kind] = at_rate(subject, gate, credentials, asked, seconds)
    return found


@contextmanager
def _flooding(kind: str, pages: Server) -> Iterator[None]:
    work: Callable[[Server], None]
    clients, work = {
        QUIET: (0, _sign_in),
        SIGN_INS: (_CLIENTS, _sign_in),
        SLOW_BODIES: (_HELD_BODIES, _hold_a_body),
    }[kind]
    is_over = threading.Event()

    def flood() -> None:
        while not is_over.is_set():
            try:
                work(pages)
            except (OSError, http.client.HTTPException):
                # A server that is flooded may well hang up.
                continue

    threads = [threading.Thread(target=flood, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _sign_in(pages: Server) -> None:
    """Try one wrong password, as somebody else from elsewhere each time."""
    person = next(_people)
    form = {
        "username": f"nobody-{person}",
        "password": "wrong",
        "csrfmiddlewaretoken": _TOKEN,
    }
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"csrftoken={_TOKEN}",
        "X-Forwarded-For": f"198.18.{person // 250 % 250}.{person % 250}",
    }
    connection = http.client.HTTPConnection(HOST, pages.port, timeout=60)
    try:
        connection.request("POST", "/settings/login/", urlencode(form), headers)
        connection.getresponse().read()
    finally:
        connection.close()


def _hold_a_body(pages: Server) -> None:
    with socket.create_connection((HOST, pages.port), timeout=60) as connection:
        connection.sendall(_SLOW)
        while connection.recv(4_096):
            pass
