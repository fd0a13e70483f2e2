"""A real server whose PostgreSQL freezes, is locked, or accepts and says nothing."""

from __future__ import annotations

import http.client
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg
import pytest

from apikeys.access import tokens
from tests.gate.stack import CLIENT, HOST, Product, free_port, running_product, started
from tests.postgres_server import running_postgres

pytestmark = pytest.mark.postgresql

# No call may need as long as this, whatever the database does.
PATIENCE_SECONDS = 5
CALLS = 12


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_postgres() as url:
        yield url


@pytest.fixture
def product(url, folder) -> Iterator[Product]:
    with running_product(folder, "original", url) as product:
        yield product


@pytest.fixture
def key(product, request):
    return product.create_key(request.node.name)["token"]


def ask(product: Product, token: str, path: str = "/gate") -> tuple[int, str]:
    """Ask the gate as a proxy does; return the status and the refusal."""
    connection = http.client.HTTPConnection(
        HOST, product.port, timeout=PATIENCE_SECONDS
    )
    headers = {
        "Host": "settings.example.com",
        "Authorization": f"Bearer {token}",
        "X-Original-Method": "GET",
        "X-Original-URI": "/api/egress/leads",
        "X-Forwarded-For": CLIENT,
    }
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status, response.headers.get("X-Refusal") or ""
    finally:
        connection.close()


def ask_at_once(product: Product, token: str) -> set[tuple[int, str]]:
    with ThreadPoolExecutor(4) as pool:
        return set(pool.map(lambda _: ask(product, token), range(CALLS)))


def ask_until(product: Product, token: str, wanted: tuple[int, str]) -> None:
    """Ask again and again, a bounded number of times, until the answer is this one."""
    answers = {ask(product, token) for _ in range(2)}
    for _ in range(2_000):
        answer = ask(product, token)
        if answer == wanted:
            return
        answers.add(answer)
    raise AssertionError(answers)


def data_of(url: str) -> Path:
    [folder] = parse_qs(urlsplit(url).query)["host"]
    return Path(folder) / "data"


@contextmanager
def frozen(url: str) -> Iterator[None]:
    """Stop every process of the server by signal: it accepts and does not answer."""
    postmaster = psutil.Process(
        int((data_of(url) / "postmaster.pid").read_text().split()[0])
    )
    stopped = [postmaster, *postmaster.children(recursive=True)]
    for process in stopped:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in reversed(stopped):
            process.send_signal(signal.SIGCONT)


@contextmanager
def locked(url: str, table: str) -> Iterator[None]:
    with psycopg.connect(url) as connection:
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


def test_frozen_database_keeps_no_remembered_key_and_no_worker_waiting(
    product, key, url
):
    assert ask(product, key) == (200, "")
    unknown = tokens.generate().text

    with frozen(url):
        assert ask_at_once(product, key) == {(200, "")}
        assert ask_at_once(product, unknown) == {(503, "state_unknown")}
        assert ask(product, key, "/healthz")[0] == 200

    ask_until(product, unknown, (401, "credentials_invalid"))
    product.manage("deactivate_api_key", key.rpartition("_")[0])
    ask_until(product, key, (401, "key_inactive"))


@pytest.mark.parametrize("table", ["apikeys_cacheversion", "apikeys_keysecret"])
def test_locked_table_keeps_no_remembered_key_waiting(product, key, url, table):
    assert ask(product, key) == (200, "")

    with locked(url, table):
        assert ask_at_once(product, key) == {(200, "")}
        assert ask(product, key, "/healthz")[0] == 200

    product.manage("deactivate_api_key", key.rpartition("_")[0])
    ask_until(product, key, (401, "key_inactive"))


def test_server_ends_in_order_while_its_database_is_frozen(product, key, url):
    assert ask(product, key) == (200, "")

    with frozen(url):
        assert ask_at_once(product, key) == {(200, "")}
        product.server.terminate()
        assert product.server.wait(timeout=20) == 0
    product.server = None


def test_database_that_accepts_and_says_nothing_is_503_and_blocks_nobody(folder):
    with socket.create_server((HOST, 0)) as silent:
        address = silent.getsockname()
        url = f"postgresql://nobody@{HOST}:{address[1]}/nothing"
        product = Product(folder, "original", free_port(), database_url=url)
        with started(product):
            answers = ask_at_once(product, tokens.generate().text)
            health = ask(product, "", "/healthz")

    assert answers == {(503, "state_unknown")}
    assert health[0] == 200
