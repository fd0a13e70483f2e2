"""Load by wrk: requests a second, or an error if one answer was no success."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 16
# What a proxy tells; every subject is sent the same.
HEADERS = {
    "X-Original-Method": "GET",
    "X-Original-URI": "/api/egress/bench?page=2",
    "X-Forwarded-For": "192.0.2.7",
}
_SPREAD = Path(__file__).with_name("spread.lua")
_TALLY = re.compile(r"(\d+) requests in .*?^Requests/sec:\s*([\d.]+)", re.M | re.S)
_TROUBLE = re.compile(r"(Non-2xx|Socket errors).*")


class LoadFailed(Exception):
    """Some calls were refused or got no answer, so their rate means nothing."""


@dataclass(frozen=True, slots=True)
class Tally:
    requests: int
    rate: float


def headers(authorization: str) -> dict[str, str]:
    """Return the headers of a call, with or without a credential."""
    return {**HEADERS, **({"Authorization": authorization} if authorization else {})}


def run(
    url: str,
    seconds: int,
    authorization: str = "",
    script: Sequence[str] = (),
) -> Tally:
    """Ask as often as one can; a Lua script and its arguments may vary the calls."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise LoadFailed("wrk is not installed (Debian's package has that name).")
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}"]
    for name, value in headers(authorization).items():
        command += ["-H", f"{name}: {value}"]
    if script:
        command += ["-s", script[0], url, "--", *script[1:]]
    else:
        command.append(url)
    result = subprocess.run(  # noqa: S603 (our own words)
        command, capture_output=True, text=True, check=False, timeout=seconds + 30
    )
    return _tally(result.stdout, result.stderr)


def spread(tokens: Path, *order: str) -> Sequence[str]:
    """Return the script that asks with all tokens of a file: at random or `in-turn`."""
    return (str(_SPREAD), str(tokens), *order)


def ask_with_each(url: str, tokens: Path, count: int, limit_seconds: int = 120) -> None:
    """Use every token of a file at least once."""
    asked = spent = 0
    while asked < count:
        if spent >= limit_seconds:
            raise LoadFailed(f"Only {asked} of {count} keys were used in time.")
        # Each run starts anew with the first token, so they get longer.
        seconds = max(2, spent)
        asked = run(url, seconds, script=spread(tokens, "in-turn")).requests
        spent += seconds


def _tally(output: str, error: str) -> Tally:
    found, trouble = _TALLY.search(output), _TROUBLE.search(output)
    if found is None or trouble is not None:
        raise LoadFailed(f"{trouble.group() if trouble else output}\n{error}")
    return Tally(int(found.group(1)), float(found.group(2)))
