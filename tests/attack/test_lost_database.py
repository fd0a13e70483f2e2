"""Askers of a lost database, while the gate answers from memory."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from time import monotonic

import pytest

from tests.attack.serving import Served
from tests.gate.stack import PATIENCE_SECONDS, free_port
from tests.postgres_server import frozen, running_postgres, stopped

pytestmark = pytest.mark.postgresql

ASKERS = 7
CALLS = 40
# It was 3.4 s; a busy machine takes some milliseconds.
MEDIAN_SECONDS = 0.5


@dataclass
class OnPostgres(Served):
    url: str = ""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "DATABASE_URL": self.url}


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory) -> Iterator[OnPostgres]:
    with running_postgres() as url:
        product = OnPostgres(
            tmp_path_factory.mktemp("served"),
            "original",
            free_port(),
            gate_port=free_port(),
            url=url,
        )
        product.manage("migrate", "--verbosity", "0")
        try:
            product.start()
            yield product
        finally:
            product.stop()


@pytest.fixture(scope="module")
def its_key(on_postgres) -> str:
    return str(on_postgres.create_key("remembered")["token"])


@pytest.mark.parametrize("path", ["/readyz", "/settings/", "/api/api-tokens"])
@pytest.mark.parametrize("outage", [stopped, frozen])
def test_who_needs_the_database_does_not_make_the_gate_wait(
    outage, path, on_postgres, its_key
):
    served, token = on_postgres, its_key
    _ask_until(200, served, token)
    headers = {
        "Authorization": f"Bearer {token}",
        # A session that must be read.
        "Cookie": f"sessionid={'x' * 32}",
    }

    with outage(served.url), ThreadPoolExecutor(ASKERS) as askers:
        end = monotonic() + PATIENCE_SECONDS
        is_over: list[bool] = []

        def ask_on() -> set[int]:
            found = set()
            while not is_over and monotonic() < end:
                found.add(served.ask(path, headers=headers).status)
            return found

        asking = [askers.submit(ask_on) for _ in range(ASKERS)]
        took = []
        for _ in range(CALLS):
            started = monotonic()
            assert served.ask_gate(token) == 200
            took.append(monotonic() - started)
        is_over.append(True)
        statuses = set.union(*(one.result() for one in asking))

    assert median(took) < MEDIAN_SECONDS, took
    assert all(status >= 500 for status in statuses)
    _ask_until(200, served, token)


def _ask_until(status: int, served: Served, token: str) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while served.ask_gate(token) != status or served.ask("/readyz").status != status:
        assert monotonic() < deadline
