"""Gives a test run its database, before Django reads its settings, and lets no
test drop out unseen.

The database is SQLite in a temporary folder, or with `--postgres` a PostgreSQL
server that lives as long as the run. xdist's workers inherit the choice.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from tests.postgres_server import run_folder, running_postgres


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgres",
        action="store_true",
        default=os.environ.get("TEST_DATABASE") == "postgres",
        help="run on PostgreSQL, not on SQLite (or set TEST_DATABASE=postgres)",
    )
    parser.addoption(
        "--gateways",
        action="store_true",
        help="run the recipes of docs/gate in every proxy; `make test-gateways` fetches them",
    )


# A wrapper, because pytest-django reads the settings in this hook.
@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config,
) -> Generator[None]:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        resources = ExitStack()
        early_config.add_cleanup(resources.close)
        if early_config.known_args_namespace.postgres:
            url = resources.enter_context(running_postgres())
        else:
            folder = resources.enter_context(run_folder())
            url = f"sqlite:///{folder / 'db.sqlite3'}"
        os.environ["DATABASE_URL"] = url
    return (yield)


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {'PostgreSQL' if config.option.postgres else 'SQLite'}"


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    unmet = {
        marker
        for marker, is_met in (
            ("postgresql", config.option.postgres),
            ("gateways", config.option.gateways),
        )
        if not is_met
    }
    left_out = [item for item in items if any(map(item.get_closest_marker, unmet))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[
    None, pytest.TestReport, pytest.TestReport
]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"A test may not skip: {report.longrepr}"
    return report
