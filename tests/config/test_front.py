"""The front with a server played by the test: what it receives, and what was sent."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

import pytest

from config.front import Bounds, Front

BOUNDS = Bounds(threads=2, body_bytes=1_000, body_seconds=0.2)
PATIENCE_SECONDS = 30


class Server:
    """One call: gives the front these messages and then waits, as for a client."""

    def __init__(self, *messages: dict[str, Any], scope: dict[str, Any] | None = None):
        self.messages = list(messages)
        self.scope = _scope(**(scope or {}))
        self.sent: list[MutableMapping[str, Any]] = []
        self.is_left = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if self.messages:
            return self.messages.pop(0)
        await self.is_left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.sent.append(message)

    async def ask(self, front: Front) -> Server:
        await asyncio.wait_for(
            front(self.scope, self.receive, self.send), PATIENCE_SECONDS
        )
        return self

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])


def _scope(**values: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "root_path": "",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [],
        "client": ("192.0.2.7", "1234"),
        "server": ("127.0.0.1", "8000"),
    } | values


def piece(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def length(count: int) -> dict[str, Any]:
    return {"headers": [(b"content-length", str(count).encode())]}


CHUNKED = {"headers": [(b"transfer-encoding", b"chunked")]}


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def asked(server: Callable[[], Server], application: Any = echo) -> Server:
    async def ask() -> Server:
        return await server().ask(Front(application, BOUNDS))

    return asyncio.run(ask())


def environ_seen(**scope: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        return echo(environ, start_response)

    asked(lambda: Server(piece(b""), scope=scope), application)
    return seen


@pytest.mark.parametrize("scope", [length(6), CHUNKED], ids=["length", "chunked"])
def test_body_in_pieces_reaches_the_application_whole(scope):
    server = asked(lambda: Server(piece(b"abc", more=True), piece(b"def"), scope=scope))

    assert (server.status, server.body) == (200, b"abcdef")


def test_application_is_told_the_length_of_a_chunked_body():
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        return echo(environ, start_response)

    asked(lambda: Server(piece(b"abc"), scope=CHUNKED), application)

    assert seen["CONTENT_LENGTH"] == "3"
    assert "HTTP_TRANSFER_ENCODING" not in seen


def test_large_announced_body_is_refused_before_it_is_read():
    server = asked(lambda: Server(scope=length(1_001)))

    assert (server.status, server.code) == (413, "body_too_large")
    assert server.headers[b"content-type"] == b"application/problem+json"
    assert server.headers[b"connection"] == b"close"


@pytest.mark.parametrize("scope", [length(10), CHUNKED], ids=["length", "chunked"])
def test_body_that_grows_too_large_is_refused(scope):
    server = asked(
        lambda: Server(
            piece(b"x" * 600, more=True), piece(b"x" * 600, more=True), scope=scope
        )
    )

    assert (server.status, server.code) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("scope", "messages"),
    [
        pytest.param(length(10), [], id="never-begun"),
        pytest.param(length(10), [piece(b"abc", more=True)], id="never-ended"),
        pytest.param(CHUNKED, [piece(b"abc", more=True)], id="chunked"),
    ],
)
def test_body_that_does_not_come_is_refused(scope, messages):
    def application(environ: Any, start_response: Any) -> list[bytes]:
        raise AssertionError("The call has no body yet.")

    server = asked(lambda: Server(*messages, scope=scope), application)

    assert (server.status, server.code) == (408, "body_too_slow")


def test_client_that_leaves_before_its_body_is_whole_runs_nothing():
    def application(environ: Any, start_response: Any) -> list[bytes]:
        raise AssertionError("Nobody asks any more.")

    server = asked(
        lambda: Server(
            piece(b"abc", more=True), {"type": "http.disconnect"}, scope=length(10)
        ),
        application,
    )

    assert server.sent == []


def test_large_bodies_share_a_bound_and_small_ones_do_not():
    bounds = Bounds(
        threads=1, body_bytes=1_000_000, body_seconds=30, bytes_at_once=200_000
    )
    large = piece(b"x" * 150_000, more=True)

    async def ask() -> list[Server]:
        front = Front(echo, bounds)
        first = Server(large, scope=length(160_000))
        held = asyncio.create_task(first.ask(front))
        await asyncio.sleep(0)
        second = await Server(large, scope=length(160_000)).ask(front)
        small = await Server(piece(b"abc"), scope=length(3)).ask(front)
        first.is_left.set()
        await held
        third = await Server(piece(b"x" * 150_000), scope=length(150_000)).ask(front)
        return [second, small, third]

    second, small, third = asyncio.run(ask())
    assert (second.status, second.code) == (503, "bodies_too_many")
    assert second.headers[b"retry-after"] == b"1"
    assert (small.status, third.status) == (200, 200)


def test_client_that_leaves_while_its_call_waits_for_a_thread_runs_nothing():
    may_end, has_begun = threading.Event(), threading.Semaphore(0)
    paths: list[str] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        paths.append(environ["PATH_INFO"])
        has_begun.release()
        may_end.wait(PATIENCE_SECONDS)
        return echo(environ, start_response)

    async def ask() -> None:
        front = Front(application, BOUNDS)
        busy = [asyncio.create_task(Server(piece(b"")).ask(front)) for _ in range(2)]
        for _ in busy:
            await asyncio.to_thread(has_begun.acquire)
        waiting = Server(piece(b""), scope={"raw_path": b"/waiting"})
        waits = asyncio.create_task(waiting.ask(front))
        waiting.is_left.set()
        while waiting.messages:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        may_end.set()
        await asyncio.gather(*busy, waits)
        assert waiting.sent == []

    asyncio.run(ask())
    assert paths == ["/", "/"]


class Stream:
    """An answer of many pieces that tells how far it got and whether it was closed."""

    def __init__(self, count: int) -> None:
        self.count, self.given, self.is_closed = count, 0, False
        self.threads: set[int] = set()

    def __iter__(self) -> Iterable[bytes]:
        for _ in range(self.count):
            self.threads.add(threading.get_ident())
            self.given += 1
            yield b"x" * 10
        yield b""

    def close(self) -> None:
        self.threads.add(threading.get_ident())
        self.is_closed = True

    def __call__(self, environ: Any, start_response: Callable[..., Any]) -> Any:
        start_response("200 OK", [("Content-Type", "text/csv")])
        return self


def test_stream_is_sent_piece_by_piece_from_one_thread_and_closed():
    stream = Stream(5)

    server = asked(lambda: Server(piece(b"")), stream)

    assert [message["body"] for message in server.sent[1:]] == [b"x" * 10] * 5 + [b""]
    assert [m["more_body"] for m in server.sent[1:]] == [True] * 5 + [False]
    assert stream.is_closed
    assert len(stream.threads) == 1


def test_stream_goes_no_faster_than_the_client_reads():
    stream = Stream(100)

    class SlowReader(Server):
        async def send(self, message: MutableMapping[str, Any]) -> None:
            await super().send(message)
            assert stream.given <= max(1, len(self.sent) - 1)

    assert len(asked(lambda: SlowReader(piece(b"")), stream).sent) == 102


def test_stream_ends_and_is_closed_when_the_client_leaves():
    stream = Stream(1_000_000)

    class Leaving(Server):
        async def send(self, message: MutableMapping[str, Any]) -> None:
            await super().send(message)
            if len(self.sent) == 4:
                self.is_left.set()

    server = asked(lambda: Leaving(piece(b"")), stream)

    assert stream.is_closed
    assert stream.given < 1_000
    assert all(message.get("more_body", True) for message in server.sent)


def test_stream_ends_when_the_client_stays_and_does_not_read(monkeypatch):
    monkeypatch.setattr("config.wsgi_call._SECONDS_OF_A_PIECE", 0.1)
    stream = Stream(1_000_000)

    class NeverReads(Server):
        async def send(self, message: MutableMapping[str, Any]) -> None:
            await super().send(message)
            if message["type"] == "http.response.body":
                await self.is_left.wait()

    asked(lambda: NeverReads(piece(b"")), stream)

    assert stream.is_closed
    assert stream.given == 1


def test_stream_that_breaks_is_not_ended_like_one_that_is_done():
    class Broken(Stream):
        def __iter__(self) -> Iterable[bytes]:
            yield b"abc"
            raise ZeroDivisionError

    broken, servers = Broken(0), []

    def server() -> Server:
        servers.append(Server(piece(b"")))
        return servers[0]

    with pytest.raises(ZeroDivisionError):
        asked(server, broken)

    assert broken.is_closed
    assert all(message.get("more_body", True) for message in servers[0].sent)


def test_nothing_is_computed_for_the_body_of_head():
    stream = Stream(1_000_000)

    server = asked(lambda: Server(piece(b""), scope={"method": "HEAD"}), stream)

    assert (server.status, server.body) == (200, b"")
    assert (stream.given, stream.is_closed) == (0, True)


def test_answer_of_many_pieces_with_a_length_is_handed_over_whole():
    def application(environ: Any, start_response: Callable[..., Any]) -> Any:
        start_response("200 OK", [("content-length", "6")])
        return iter([b"abc", b"def"])

    server = asked(lambda: Server(piece(b"")), application)

    assert [message.get("body") for message in server.sent] == [None, b"abcdef"]


def test_text_written_the_old_way_comes_first():
    def application(environ: Any, start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [])(b"first ")
        return [b"second"]

    assert asked(lambda: Server(piece(b"")), application).body == b"first second"


def test_status_may_change_until_the_answer_has_begun():
    def application(environ: Any, start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "3")])
        try:
            raise ZeroDivisionError
        except ZeroDivisionError as error:
            failed = (type(error), error, error.__traceback__)
        start_response("500 Internal Server Error", [], failed)
        return [b"bad"]

    assert asked(lambda: Server(piece(b"")), application).status == 500


def test_status_cannot_change_once_the_answer_has_begun():
    def application(environ: Any, start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [])(b"begun")
        try:
            raise ZeroDivisionError
        except ZeroDivisionError as error:
            failed = (type(error), error, error.__traceback__)
        start_response("500 Internal Server Error", [], failed)
        return []

    with pytest.raises(ZeroDivisionError):
        asked(lambda: Server(piece(b"")), application)


def test_application_without_a_status_is_an_error():
    with pytest.raises(RuntimeError):
        asked(lambda: Server(piece(b"")), lambda environ, start_response: [])


def test_only_http_is_answered():
    with pytest.raises(NotImplementedError):
        asked(lambda: Server(scope={"type": "lifespan"}))


def test_environment_is_that_of_wsgi():
    seen = environ_seen(
        method="PUT",
        raw_path=b"/a%2fb/%C3%BC%ff/x;y",
        query_string=b"q=%C3%BC&a=\xc3\xbc",
        headers=[(b"host", b"crm.example.com"), (b"content-type", b"text/plain")],
    )

    assert seen["REQUEST_METHOD"] == "PUT"
    assert seen["PATH_INFO"] == "/a/b/\xc3\xbc\xff/x;y"
    assert seen["QUERY_STRING"] == "q=%C3%BC&a=\xc3\xbc"
    assert seen["REMOTE_ADDR"] == "192.0.2.7"
    assert seen["HTTP_HOST"] == "crm.example.com"
    assert seen["CONTENT_TYPE"] == "text/plain"
    assert "CONTENT_LENGTH" not in seen


def test_header_sent_twice_is_one_list():
    seen = environ_seen(
        headers=[
            (b"x-forwarded-for", b"192.0.2.1"),
            (b"x-forwarded-for", b"192.0.2.2"),
            (b"cookie", b"a=1"),
            (b"cookie", b"b=2"),
        ]
    )

    assert seen["HTTP_X_FORWARDED_FOR"] == "192.0.2.1,192.0.2.2"
    assert seen["HTTP_COOKIE"] == "a=1; b=2"


@pytest.mark.parametrize(
    "name", [b"x_forwarded_for", b"x-forwarded_for", b"x_original_uri", b"content_type"]
)
def test_name_with_an_underscore_is_dropped(name):
    hyphened = name.replace(b"_", b"-")

    seen = environ_seen(headers=[(hyphened, b"proxy"), (name, b"client")])

    assert "client" not in seen.values()
    assert "proxy" in seen.values()


def test_server_below_a_path_tells_it_apart():
    seen = environ_seen(root_path="/crm", raw_path=b"/crm/api/whoami")

    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"]) == ("/crm", "/api/whoami")


def test_server_on_a_unix_socket_knows_no_addresses():
    seen = environ_seen(client=None, server=None)

    assert (seen["REMOTE_ADDR"], seen["SERVER_NAME"]) == ("", "localhost")


def test_health_is_told_while_all_threads_are_busy():
    is_over = threading.Event()

    def busy(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        is_over.wait(PATIENCE_SECONDS)
        return echo(environ, start_response)

    async def ask() -> tuple[Server, list[Server]]:
        front = Front(busy, BOUNDS)
        calls = [
            asyncio.create_task(Server(piece(b"")).ask(front))
            for _ in range(BOUNDS.threads)
        ]
        health = {"method": "GET", "raw_path": b"/healthz"}
        answered = await Server(piece(b""), scope=health).ask(front)
        assert not any(call.done() for call in calls)
        is_over.set()
        return answered, await asyncio.gather(*calls)

    health, calls = asyncio.run(ask())

    assert (health.status, health.body) == (200, b"ok\n")
    assert [call.status for call in calls] == [200] * BOUNDS.threads
