"""Bounded attacks on the recipes, each through its real proxy, on loopback alone.

What counts is what the application gets: a call that it could read as one below
/api/ingress, which no key of this file may make, is a way past the gate.
"""

from __future__ import annotations

import itertools
import re
import socket
from urllib.parse import unquote_to_bytes

import pytest

from tests.gate.proxies import PROXIES
from tests.gate.stack import CLIENT, HOST, guarded

FORBIDDEN = "/api/ingress/secret"
ALLOWED, OPEN = "/api/egress/leads", "/pages"
# How long a connection may stay silent before the next attack: it ends a wait, never
# decides an outcome.
SILENCE_SECONDS = 0.5


@pytest.fixture(scope="module", params=PROXIES)
def stack(request, tmp_path_factory):
    proxy = request.param
    folder = tmp_path_factory.mktemp(f"{proxy.name}-attacked")
    with guarded(folder, proxy.start, proxy.gate_headers) as stack:
        yield stack


@pytest.fixture
def upstream(stack):
    stack.upstream.seen.clear()
    return stack.upstream


@pytest.fixture(scope="module")
def key(stack):
    return stack.product.create_key("Attacker", "--endpoint", "/api/egress/*")


def forbidden_calls(upstream):
    return [call for call in upstream.seen if may_be_read_as_forbidden(call["target"])]


def may_be_read_as_forbidden(target):
    """Tell whether any common reader would find /api/ingress in the target."""
    raw = target.partition("?")[0].encode("latin-1")
    readings = {raw}
    for _ in range(2):
        readings |= {unquote_to_bytes(reading) for reading in readings}
    readings |= {reading.partition(b"\0")[0] for reading in readings}
    # Overlong forms of "/" and ".".
    readings |= {
        reading.replace(b"\xc0\xaf", b"/").replace(b"\xc0\xae", b".")
        for reading in readings
    }
    readings |= {reading.replace(b"\\", b"/") for reading in readings}
    readings |= {re.sub(rb";[^/]*", b"", reading) for reading in readings}
    return any(
        resolved(reading).lower().startswith(b"/api/ingress") for reading in readings
    )


def resolved(path):
    segments: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del segments[-1:]
        elif segment not in (b"", b"."):
            segments.append(segment)
    return b"/" + b"/".join(segments)


def spelled_paths():
    """Return spellings of the forbidden path by way of one that is open or allowed."""
    ups = ("..", "%2e%2e", "%2E.", "..;", "..;x", "..%00", "%252e%252e", "%c0%ae%c0%ae")
    slashes = ("/", "%2f", "%5c", "\\", "//", "/./", "%252f", "%c0%af", "/;/")
    for start, depth in ((OPEN, 1), (f"{OPEN}/x", 2), (ALLOWED, 3)):
        for up, slash in itertools.product(ups, slashes):
            yield start + f"{slash}{up}" * depth + slash + FORBIDDEN[1:]
    letters = ("%61pi", "%2561pi", "api%20", "api;x", "api.", "API", "api%00", "./api")
    yield from (f"/{letter}/ingress/secret" for letter in letters)
    yield from (f"/api{slash}ingress{slash}secret" for slash in slashes)
    yield from (f"{OPEN}{end}{FORBIDDEN}" for end in (";", "%3b", "%00", "%23", "%3f"))
    yield from (f"http://x{FORBIDDEN}", f"//x{FORBIDDEN}", f"/x/http://y{FORBIDDEN}")


@pytest.mark.parametrize("with_key", [False, True])
def test_no_spelling_of_a_path_passes_the_gate(with_key, stack, key, upstream):
    token = key["token"] if with_key else ""
    spellings = list(spelled_paths())

    statuses = {stack.ask(target, token).status for target in spellings}

    assert len(spellings) > 200
    assert forbidden_calls(upstream) == []
    assert statuses <= {200, 400, 401, 403, 404, 405, 421, 500}


def test_reader_of_this_file_sees_what_the_spellings_hide():
    missed = [
        target
        for target in spelled_paths()
        if not may_be_read_as_forbidden(re.sub("^http://x", "", target))
    ]

    # Forms that no reader takes for it: another host, a query, letters of its own.
    assert len(missed) < len(list(spelled_paths())) / 3


SMUGGLED = f"DELETE {FORBIDDEN} HTTP/1.1\r\nHost: crm.example.com\r\nX-Api-Key-Id: kd_F\r\n\r\n"


def framed(*headers, body=SMUGGLED, target=OPEN, version="1.1", end="\r\n"):
    lines = [f"POST {target} HTTP/{version}", "Host: crm.example.com", *headers, "", ""]
    return (end.join(lines) + body).encode("latin-1")


CHUNK = f"{len(SMUGGLED):x}\r\n{SMUGGLED}\r\n0\r\n\r\n"
FRAMES = {
    "length-and-chunked": framed(
        "Content-Length: 5", "Transfer-Encoding: chunked", body="0\r\n\r\n" + SMUGGLED
    ),
    "chunked-and-length": framed(
        "Transfer-Encoding: chunked", "Content-Length: 5", body="0\r\n\r\n" + SMUGGLED
    ),
    "two-lengths": framed("Content-Length: 0", f"Content-Length: {len(SMUGGLED)}"),
    "two-lengths-in-one": framed(f"Content-Length: 0, {len(SMUGGLED)}"),
    "signed-length": framed(f"Content-Length: +{len(SMUGGLED)}"),
    "length-in-hex": framed(f"Content-Length: {len(SMUGGLED):#x}"),
    "negative-length": framed("Content-Length: -1"),
    "blank-in-the-name": framed(f"Content-Length : {len(SMUGGLED)}"),
    "tab-in-the-name": framed("Transfer-Encoding\t: chunked", body=CHUNK),
    "folded-line": framed("Transfer-Encoding:\r\n chunked", body=CHUNK),
    "other-coding": framed("Transfer-Encoding: xchunked", body=CHUNK),
    "coding-twice": framed(
        "Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=CHUNK
    ),
    "coding-list": framed("Transfer-Encoding: identity, chunked", body=CHUNK),
    "coding-then-identity": framed("Transfer-Encoding: chunked, identity", body=CHUNK),
    "quoted-coding": framed('Transfer-Encoding: "chunked"', body=CHUNK),
    "coding-with-a-control-sign": framed("Transfer-Encoding: \x0bchunked", body=CHUNK),
    "underscored-length": framed(f"Content_Length: {len(SMUGGLED)}"),
    "underscored-coding": framed("Transfer_Encoding: chunked", body=CHUNK),
    "bare-newlines": framed(f"Content-Length: {len(SMUGGLED)}", end="\n"),
    "bare-return-in-a-value": framed(f"X: a\rContent-Length: {len(SMUGGLED)}"),
    "chunk-of-another-size": framed(
        "Transfer-Encoding: chunked", body="5\r\n" + SMUGGLED + "\r\n0\r\n\r\n"
    ),
    "chunk-size-with-a-sign": framed(
        "Transfer-Encoding: chunked", body="+0\r\n\r\n" + SMUGGLED
    ),
    "chunk-extension": framed(
        "Transfer-Encoding: chunked", body="0;\n\r\n\r\n" + SMUGGLED
    ),
    "chunk-size-overflow": framed(
        "Transfer-Encoding: chunked", body="10000000000000000\r\n" + SMUGGLED
    ),
    "old-version-chunked": framed(
        "Transfer-Encoding: chunked", body=CHUNK, version="1.0"
    ),
    "body-of-a-get": framed(f"Content-Length: {len(SMUGGLED)}", target=OPEN).replace(
        b"POST", b"GET", 1
    ),
    "expecting": framed("Expect: 100-continue", f"Content-Length: {len(SMUGGLED)}"),
    "guarded": framed(f"Content-Length: {len(SMUGGLED)}", target=ALLOWED),
    "next-call-of-the-connection": framed("Content-Length: 0"),
    "trailer": framed(
        "Transfer-Encoding: chunked",
        "Trailer: X-Api-Key-Id",
        body="1\r\nx\r\n0\r\nX-Api-Key-Id: kd_F\r\n\r\n",
    ),
    "prior-knowledge": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SMUGGLED.encode(),
    "newline-in-the-target": f"GET {OPEN}\nGET {FORBIDDEN} HTTP/1.1\r\nHost: crm.example.com\r\n\r\n".encode(),
    "blank-in-the-target": f"GET {OPEN} {FORBIDDEN} HTTP/1.1\r\nHost: crm.example.com\r\n\r\n".encode(),
    "two-hosts": framed("Host: settings.example.com", "Content-Length: 0"),
    "no-version": f"GET {FORBIDDEN}\r\n\r\n".encode(),
    "connect": f"CONNECT {HOST}:80 HTTP/1.1\r\nHost: crm.example.com\r\n\r\n{SMUGGLED}".encode(),
}


def sent(stack, data):
    """Send bytes as they are, and return what comes until there is silence."""
    received = b""
    with socket.create_connection(
        (HOST, stack.port), timeout=SILENCE_SECONDS, source_address=(CLIENT, 0)
    ) as connection:
        try:
            connection.sendall(data)
            while part := connection.recv(65536):
                received += part
        except OSError:
            pass
    return received


@pytest.mark.parametrize("frame", FRAMES)
def test_no_frame_carries_a_second_call_past_the_gate(frame, stack, upstream):
    sent(stack, FRAMES[frame])

    assert [call for call in upstream.seen if call["method"] == "DELETE"] == []
    assert forbidden_calls(upstream) == []
    assert "kd_F" not in str([call["headers"] for call in upstream.seen])


def http2(*calls):
    """Return an HTTP/2 connection in plain text with a call a stream (RFC 9113)."""
    data = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame_of(4, 0, 0, b"")
    for stream, headers in enumerate(calls):
        block = b"".join(map(literal, headers))
        data += frame_of(1, 0x5, 2 * stream + 1, block)
    return data


def frame_of(kind, flags, stream, payload):
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags])
    return head + stream.to_bytes(4, "big") + payload


def literal(header):
    name, value = (text.encode() for text in header)
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def test_streams_of_http2_are_judged_each_by_itself(stack, key, upstream):
    def call(method, path, *more):
        return [
            (":method", method),
            (":path", path),
            (":scheme", "http"),
            (":authority", "crm.example.com"),
            *more,
        ]

    own = ("authorization", f"Bearer {key['token']}")
    forged = ("x-api-key-id", "kd_F")

    sent(
        stack,
        http2(
            call("GET", ALLOWED, own),
            call("DELETE", FORBIDDEN, forged),
            call("GET", ALLOWED, own, forged, ("x.api.location", "kd_F")),
            call("DELETE", FORBIDDEN, own, forged),
        ),
    )

    assert forbidden_calls(upstream) == []
    assert "kd_F" not in str(upstream.seen)


GATE_TARGETS = [
    *("/gate", "/gate/", "//gate", "/./gate", "/x/../gate", "/%67ate", "/gat%65/"),
    *("/gate?x", "/gate#", "/gate;x", "/GATE", "/gate%2f", "/%2fgate", "/gate%00"),
    *(
        "/gate/api/egress/leads",
        "/gate//",
        "/x/..%2fgate",
        "/gate/../gate",
        "/%2567ate",
    ),
    *(
        "http://x/gate",
        "gate",
        "/\\gate",
        "/settings/../gate",
        "/gate%20",
        "/%67%61te/api/egress/leads",
    ),
]


@pytest.mark.parametrize("target", GATE_TARGETS)
def test_nobody_outside_asks_the_gate(target, stack, key):
    forged = {
        "X-Original-Method": "GET",
        "X-Original-URI": ALLOWED,
        "X-Forwarded-Method": "GET",
        "X-Forwarded-Uri": ALLOWED,
        "X-Original-URL": f"http://crm{ALLOWED}",
    }

    answer = stack.ask(
        target, key["token"], headers=forged, host="settings.example.com"
    )

    # Caddy says 200 and nothing for a host that no site names.
    assert answer.status in (400, 403, 404, 421) or answer.body == b""
    assert "X-Api-Key-Id" not in answer.headers
    assert b"gate_headers_missing" not in answer.body
