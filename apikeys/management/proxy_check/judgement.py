"""What of a forgery came through a proxy.

Nothing that the proxy or the application says of itself is believed. A forged value
counts as arrived where it shows: in what a stand-in for the application got, or in an
answer. Without a stand-in, an answer other than that to the same call without the forgery
counts too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

from apikeys.access.paths import normal_raw_path
from apikeys.management.proxy_check.client import Answer, Proxy
from apikeys.management.proxy_check.headers import IDENTITY
from apikeys.management.proxy_check.listener import Arrival, Listener
from apikeys.management.proxy_check.tries import Kind, Try

# What the gate says to a question without a call in it.
_GATE_CODES = ("gate_headers_missing", "peer_not_trusted")
_REFUSED = frozenset({400, 401, 403, 405, 414, 421, 431, 501, 503})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a try; `is_held` is None where it could not be seen."""

    tried: Try
    is_held: bool | None
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A try, what came back, and what arrived behind the proxy (None: nobody looked)."""

    tried: Try
    has_key: bool
    answer: Answer
    usual: Answer
    arrivals: list[Arrival] | None


@dataclass(frozen=True, slots=True)
class ProxyCheck:
    """The address to check, and what there is to see it with."""

    proxy: Proxy
    token: str
    listener: Listener | None = None

    def verdicts(self, tries: Iterable[Try]) -> Iterator[Verdict]:
        """Send each try, without the key and with it, and judge it."""
        usual: dict[tuple[str, str], Answer] = {}
        for tried in tries:
            tokens = [self.token] if tried.needs_key else ["", self.token]
            if tried.needs_key and not self.token:
                yield Verdict(tried, None, "needs a key")
                continue
            yield _worst(self._exchanges(tried, dict.fromkeys(tokens), usual))

    def _exchanges(
        self, tried: Try, tokens: Iterable[str], usual: dict[tuple[str, str], Answer]
    ) -> Iterator[Exchange]:
        for token in tokens:
            place = tried.target, token
            if place not in usual:
                usual[place] = self.proxy.send(tried.target, (), token)
            if self.listener is not None:
                self.listener.take()
            answer = self.proxy.send(tried.target, tried.headers, token)
            arrivals = self.listener.take() if self.listener is not None else None
            yield Exchange(tried, bool(token), answer, usual[place], arrivals)


def _worst(exchanges: Iterable[Exchange]) -> Verdict:
    verdicts = [
        Verdict(exchange.tried, *_JUDGES[exchange.tried.kind](exchange))
        for exchange in exchanges
    ]
    return min(verdicts, key=lambda verdict: (False, None, True).index(verdict.is_held))


# Whether a proxy holds, and what was seen.
_Seen = tuple[bool | None, str]
_HELD: _Seen = (True, "")
_OUT_OF_SIGHT: _Seen = (None, "cannot be seen without --listen")


def _judge_headers(exchange: Exchange) -> _Seen:
    for value in {value for _, value in exchange.tried.headers}:
        for arrival in exchange.arrivals or ():
            if names := arrival.names_with(value):
                return False, f"the application got {', '.join(names)}"
        if exchange.answer.shows(value):
            return False, "the answer repeats the forged value"
    status, usual = exchange.answer.status, exchange.usual.status
    if exchange.arrivals is not None or status == usual:
        return _HELD
    is_odd = any("-" not in name for name, _ in exchange.tried.headers)
    if is_odd and status == HTTPStatus.BAD_REQUEST:
        # A proxy may refuse such names.
        return _HELD
    return False, f"the answer is {status}, and {usual} without the forgery"


def _judge_hop(exchange: Exchange) -> _Seen:
    if exchange.arrivals is None:
        return _OUT_OF_SIGHT
    for arrival in exchange.arrivals:
        for name in exchange.tried.headers[0][1].split(", "):
            if name in IDENTITY and not arrival.has(name):
                return False, f"the application got no {name}"
    return _HELD


def _judge_upgrade(exchange: Exchange) -> _Seen:
    if exchange.answer.status == HTTPStatus.SWITCHING_PROTOCOLS:
        return False, "the answer is 101"
    if any(arrival.has("Upgrade") for arrival in exchange.arrivals or ()):
        return False, "the application got Upgrade"
    return _HELD


def _judge_path(exchange: Exchange) -> _Seen:
    if exchange.arrivals is not None:
        for arrival in exchange.arrivals:
            if normal_raw_path(arrival.target) is None:
                return False, f"the application got {arrival.target}"
        return _HELD
    status = exchange.answer.status
    if status in _REFUSED:
        return _HELD
    if exchange.has_key or status == HTTPStatus.NOT_FOUND:
        # Made plain by the proxy, perhaps, or answered by it.
        return None, f"the answer is {status}; {_OUT_OF_SIGHT[1]}"
    return False, f"the answer is {status} without a key"


def _judge_gate(exchange: Exchange) -> _Seen:
    body = exchange.answer.body
    if any(code in body for code in _GATE_CODES):
        return False, "the gate itself answers"
    return _HELD


_JUDGES: dict[Kind, Callable[[Exchange], _Seen]] = {
    Kind.HEADERS: _judge_headers,
    Kind.HOP: _judge_hop,
    Kind.UPGRADE: _judge_upgrade,
    Kind.PATH: _judge_path,
    Kind.GATE: _judge_gate,
}
