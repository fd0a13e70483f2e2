from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.factories import IssuedFactory

PROJECT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said, and the refusal that ended it, if one did."""

    out: str
    err: str
    refusal: str = ""
    code: int = 0


@pytest.fixture
def run(db) -> Callable[..., Ran]:
    """Run a command with arguments as a shell gives them."""

    def ran(name: str, *arguments: Any) -> Ran:
        out, err = StringIO(), StringIO()
        refusal, code = "", 0
        try:
            call_command(name, *map(str, arguments), stdout=out, stderr=err)
        except CommandError as error:
            refusal, code = str(error), error.returncode
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        return Ran(out.getvalue(), err.getvalue(), refusal, code)

    return ran


@pytest.fixture
def issued(db):
    return IssuedFactory(
        fields__name="Billing",
        fields__networks=("10.0.0.0/8",),
        fields__endpoints=("/api/egress/*",),
    )


@pytest.fixture
def key(issued):
    return issued.key


@pytest.fixture
def shell(transactional_db) -> Callable[..., Ran]:
    """Run a command in a process of its own, on the database of the test."""
    server = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    settings = {
        "DATABASE_URL": f"{server.scheme}://{server.netloc}/{name}?{server.query}",
        "DJANGO_SETTINGS_MODULE": "config.settings_test",
    }

    def ran(*arguments: str, env: dict[str, str] | None = None, **files: Any) -> Ran:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env={**os.environ, **settings, **(env or {})},
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **files},
            check=False,
        )
        out, err = (
            each.decode() if each else "" for each in (done.stdout, done.stderr)
        )
        return Ran(out, err, code=done.returncode)

    return ran
