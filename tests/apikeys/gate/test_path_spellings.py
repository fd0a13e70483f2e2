"""No spelling of a path passes that some reader behind the gate takes for another path.

The key may call what is below `/api/egress/public` and nothing else.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from itertools import product
from urllib.parse import unquote, unquote_to_bytes

import pytest

from apikeys.keys.values import KeySettings
from tests.apikeys.gate.asking import assert_allowed, assert_refused, bearer
from tests.factories import IssuedFactory

pytestmark = pytest.mark.django_db

ALLOWED = "/api/egress/public"
SLASHES = (
    *("/", "//", "%2f", "%2F", "%252f", "%5c", "\\", "/./", "/.%2f", "%c0%af"),
    *("%e0%80%af", "%ef%bc%8f", "%e2%88%95", "/;x/", "/%20/", "/%00/", "%0a/"),
)
DOTS = (
    *("..", "%2e%2e", ".%2e", "%2e.", "%252e%252e", "%c0%ae%c0%ae", "..;", "..%3b"),
    *("..%00", "..%20", "%20..", "..+", "+..", "%09..", "...", "....", "..%0d%0a"),
    *("%ef%bc%8e%ef%bc%8e", "%e2%80%a5", "..%c2%a0", "%e3%80%80..", ". .", "..%3fx"),
    *("..%23x", "..?x", "..#x", "%u002e%u002e", "..%ff", "%e2%80%a4%e2%80%a4"),
)


def _readings(target: str) -> set[str]:
    """What servers, frameworks and file systems make of a target, as normal paths."""
    raw = target.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0]
    once = unquote(raw)
    twice = unquote(once)
    overlong = unquote(
        unquote_to_bytes(raw)
        .replace(b"\xc0\xaf", b"/")
        .replace(b"\xe0\x80\xaf", b"/")
        .replace(b"\xc0\xae", b".")
        .decode("utf-8", "replace")
    )
    readings = {raw, once, twice, overlong}
    for text in tuple(readings):
        readings |= {
            re.sub(r";[^/]*", "", text),
            re.split(r"[\0?#;]", text)[0],
            text.replace("\\", "/"),
            "/".join(part.strip().strip("+") for part in text.split("/")),
            re.sub(r"[\t\r\n]", "", text),
            unicodedata.normalize("NFKC", text),
            re.sub(r"/\.{2,}(?=/|$)", "/..", text),
        }
    return {posixpath.normpath(re.sub("/{2,}", "/", text)) for text in readings}


def _is_allowed(path: str) -> bool:
    return path == ALLOWED or path.startswith(f"{ALLOWED}/")


TARGETS = [
    f"{ALLOWED}{first}{dots}{second}secret"
    for first, dots, second in product(SLASHES, DOTS, SLASHES)
]


def test_attack_has_teeth():
    escaping = [
        target for target in TARGETS if not all(map(_is_allowed, _readings(target)))
    ]

    assert len(TARGETS) > 7_000
    assert len(escaping) > 6_000


def test_no_spelling_that_passes_has_a_reading_outside(ask):
    issued = IssuedFactory(fields=KeySettings("Public", endpoints=(f"{ALLOWED}/*",)))
    headers = bearer(issued)

    escaped = [
        target
        for target in TARGETS
        if ask(**headers, HTTP_X_ORIGINAL_URI=target).status == 200
        and not all(map(_is_allowed, _readings(target)))
    ]

    assert escaped == []


@pytest.mark.parametrize(
    "target",
    [
        "/api/egress/secret%3f/report",
        "/api/egress/secret%23/report",
        "/api/egress/public/%20../secret",
        "/api/egress/public/..%20/secret",
        "/api/egress/public/.../secret",
        "/api/egress/secret%20",
        "/api/egress/secret%c2%a0/report",
        "/api/egress/public/%ef%bc%8e%ef%bc%8e/secret",
        "/api/egress%ef%bc%8fsecret",
    ],
)
def test_path_of_two_readings_is_malformed_even_for_an_open_key(target, ask):
    issued = IssuedFactory(fields=KeySettings("Open"))

    answer = ask(**bearer(issued), HTTP_X_ORIGINAL_URI=target)

    assert_refused(answer, 403, "path_malformed")


@pytest.mark.parametrize(
    "target",
    [
        "/api/egress/public/a%20b",
        "/api/egress/public/M%C3%BCller",
        "/api/egress/public/c++",
        "/api/egress/public/%E6%97%A5%E6%9C%AC",
        "/api/egress/public/.well-known/v1.2",
    ],
)
def test_path_of_one_reading_passes(target, ask):
    issued = IssuedFactory(fields=KeySettings("Public", endpoints=(f"{ALLOWED}/*",)))

    assert_allowed(ask(**bearer(issued), HTTP_X_ORIGINAL_URI=target), issued)
