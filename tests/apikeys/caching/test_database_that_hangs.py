"""The product behind granian while its PostgreSQL is frozen, locked or gone."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
import pytest

from apikeys.access import tokens
from tests.gate.stack import HOST, PATIENCE_SECONDS, Product, free_port
from tests.postgres_server import frozen, running_postgres, stopped

pytestmark = pytest.mark.postgresql

OUTAGE_SECONDS = 4.0
# One second of waiting, and what a busy machine takes.
SLOWEST_SECONDS = 2.5
CLIENTS = 8


@dataclass
class Served(Product):
    """The product on PostgreSQL, asked at its gate without a proxy."""

    url: str = ""

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "DATABASE_URL": self.url,
            "ALLOWED_HOSTS": HOST,
            "KEY_CACHE_OUTAGE_SECONDS": str(OUTAGE_SECONDS),
            "LAST_USE_FLUSH_SECONDS": "0",
        }

    def ask(self, token: str, path: str = "/gate") -> tuple[int, float, Any]:
        """Return status, seconds and body of one call."""
        started = monotonic()
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        headers = {
            "Authorization": f"Bearer {token}",
            "X-Original-Method": "GET",
            "X-Original-URI": "/api/egress/leads",
            "X-Forwarded-For": "127.0.0.2",
        }
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        return response.status, monotonic() - started, body

    def ask_from_many(self, token: str, seconds: float) -> list[tuple[int, float]]:
        """Ask without a pause from several clients at once."""
        answers: list[tuple[int, float]] = []
        end = monotonic() + seconds

        def ask_on(path: str) -> None:
            while monotonic() < end:
                status, took, _ = self.ask(token, path)
                answers.append((status, took))

        paths = ("/gate", "/api/whoami")
        threads = [
            threading.Thread(target=ask_on, args=(paths[number % 2],))
            for number in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def ask_until(self, token: str, status: int) -> list[float]:
        """Ask until an answer has this status and return how long each one took."""
        took = []
        deadline = monotonic() + PATIENCE_SECONDS
        while monotonic() < deadline:
            found, seconds, _ = self.ask(token)
            took.append(seconds)
            if found == status:
                return took
        raise AssertionError(f"No answer was {status}.")


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Served]:
    with running_postgres() as url:
        product = Served(
            tmp_path_factory.mktemp("served"), "original", free_port(), url=url
        )
        product.manage("migrate", "--verbosity", "0")
        product.start()
        try:
            yield product
        finally:
            product.stop()


@pytest.fixture
def token(served, request) -> str:
    return str(served.create_key(request.node.name)["token"])


@contextmanager
def locked(url: str) -> Iterator[None]:
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE apikeys_cacheversion IN ACCESS EXCLUSIVE MODE")
        yield


@pytest.mark.parametrize("outage", [frozen, locked, stopped])
def test_remembered_key_passes_for_a_while_and_no_worker_is_blocked(
    outage, served, token
):
    served.ask_until(token, 200)

    with outage(served.url):
        answers = served.ask_from_many(token, seconds=2)
        assert {status for status, _ in answers} == {200}
        assert max(took for _, took in answers) < SLOWEST_SECONDS

        status, took, body = served.ask(tokens.generate().text)
        assert (status, json.loads(body)["code"]) == (503, "state_unknown")
        assert took < SLOWEST_SECONDS

        assert max(served.ask_until(token, 503)) < SLOWEST_SECONDS
        assert served.ask(token, "/api/whoami")[0] == 503

    assert max(served.ask_until(token, 200)) < SLOWEST_SECONDS


def test_change_made_after_the_outage_is_seen(served, token):
    key_id = token.rpartition("_")[0]
    served.ask_until(token, 200)
    with frozen(served.url):
        served.ask_from_many(token, seconds=1)

    served.manage("deactivate_api_key", key_id)

    served.ask_until(token, 401)


def test_use_during_the_outage_is_written_after_it(served, token):
    served.ask_until(token, 200)
    with frozen(served.url):
        before = datetime.now(UTC)
        served.ask_from_many(token, seconds=1)

    deadline = monotonic() + PATIENCE_SECONDS
    while _last_use(served.url, token) < before:
        assert monotonic() < deadline


def _last_use(url: str, token: str) -> Any:
    query = (
        "SELECT max(used.last_used_at) FROM apikeys_keysecret used"
        " JOIN apikeys_apikey key ON key.id = used.key_id WHERE key.key_id = %s"
    )
    with psycopg.connect(url) as connection:
        (at,) = connection.execute(query, [token.rpartition("_")[0]]).fetchone() or ()
    return at


def test_server_ends_in_order_while_the_database_hangs(served, token):
    served.ask_until(token, 200)
    process = served.server
    assert process is not None

    with frozen(served.url):
        served.ask_from_many(token, seconds=1)
        process.terminate()
        assert process.wait(timeout=8) == 0

    served.start()
    served.ask_until(token, 200)


def test_server_beside_a_database_that_says_nothing_answers_soon(tmp_path: Path):
    with socket.create_server((HOST, 0)) as silent:
        url = f"postgresql://postgres@{HOST}:{silent.getsockname()[1]}/postgres"
        product = Served(tmp_path, "original", free_port(), url=url)
        product.start()
        try:
            for _ in range(3):
                status, took, body = product.ask(tokens.generate().text)
                assert (status, json.loads(body)["code"]) == (503, "state_unknown")
                assert took < SLOWEST_SECONDS
        finally:
            product.stop()
