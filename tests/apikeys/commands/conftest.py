from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.factories import IssuedFactory


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
