"""How long a call takes at half of the highest rate, by h2load.

A load without a pause shows how many calls fit, and makes each of them wait for the
others. Here calls come at a rate of their own, however long the last ones took, as
those of many callers do: an open loop, or near enough to one.
"""

from __future__ import annotations

import math
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from bench import load
from bench.load import LoadFailed
from bench.server import Server
from bench.subjects import Subject, authorization, rate

_CONNECTIONS = 32
# nginx closes a connection after 1,000 calls, and h2load would wait for the rest.
_CALLS_OF_A_CONNECTION = 900
# Until every connection is open and its first call, which waits for that, is done.
_WARM_UP_SECONDS = 0.5
_MICROSECONDS = 1_000_000
# A flooded server answers all the same, but late.
_PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Latency:
    """The highest rate, the one that was asked for, and milliseconds of its calls."""

    highest: float
    asked: float
    p50: float
    p95: float
    p99: float


def at_half(
    subject: Subject, server: Server, credentials: Mapping[str, str], seconds: int
) -> Latency:
    """Measure the highest rate, then ask at half of it for as many seconds."""
    highest = rate(subject, server, credentials, seconds)
    took = _took(subject, server, credentials, highest / 2, seconds)
    return Latency(highest, len(took) / seconds, *_percentiles(took))


def at_rate(
    subject: Subject,
    server: Server,
    credentials: Mapping[str, str],
    calls_a_second: float,
    seconds: int,
) -> float:
    """Return p99 in milliseconds at this rate; one refused call is an error."""
    _, _, p99 = _percentiles(
        _took(subject, server, credentials, calls_a_second, seconds)
    )
    return p99


def _took(
    subject: Subject,
    server: Server,
    credentials: Mapping[str, str],
    calls_a_second: float,
    seconds: int,
) -> list[int]:
    headers = load.headers(authorization(subject, credentials))
    return _ask(server.url(subject.path), headers, calls_a_second, seconds)


def _percentiles(took: list[int]) -> tuple[float, float, float]:
    hundredths = quantiles(took, n=100, method="inclusive")
    p50, p95, p99 = (hundredths[percent - 1] / 1_000 for percent in (50, 95, 99))
    return p50, p95, p99


def _ask(
    url: str, headers: Mapping[str, str], calls_a_second: float, seconds: int
) -> list[int]:
    """Return how many microseconds each call took once the load was steady."""
    h2load = shutil.which("h2load")
    if h2load is None:
        raise LoadFailed("h2load is not installed (Debian: nghttp2-client).")
    with TemporaryDirectory(prefix="bench-") as folder:
        log = Path(folder, "calls")
        command = [h2load, "--h1", "--threads=1", f"--log-file={log}"]
        command += _pace(calls_a_second, seconds)
        for name, value in headers.items():
            command += ["-H", f"{name}: {value}"]
        result = subprocess.run(  # noqa: S603 (our own words)
            [*command, url],
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + _PATIENCE_SECONDS,
        )
        if result.returncode:
            raise LoadFailed(f"{result.stdout}\n{result.stderr}")
        return _steady(log.read_text().splitlines(), seconds)


def _pace(calls_a_second: float, seconds: int) -> list[str]:
    calls = math.ceil(calls_a_second * (seconds + _WARM_UP_SECONDS))
    connections = max(_CONNECTIONS, math.ceil(calls / _CALLS_OF_A_CONNECTION))
    apart = max(1, round(1_000 / calls_a_second))
    return [
        f"--clients={connections}",
        # One by one: connections that are opened together ask together ever after.
        *("--rate=1", f"--rate-period={apart}ms"),
        f"--rps={calls_a_second / connections:.3f}",
        f"--requests={max(calls, connections)}",
    ]


def _steady(log: list[str], seconds: int) -> list[int]:
    """Read h2load's log: microseconds of a call's start, its status, its duration."""
    calls = [tuple(map(int, line.split("\t")[:3])) for line in log]
    if refused := sum(status // 100 != 2 for _, status, _ in calls):  # noqa: PLR2004 (2xx)
        raise LoadFailed(f"{refused} of {len(calls)} calls were refused.")
    start = min(started for started, _, _ in calls) + _WARM_UP_SECONDS * _MICROSECONDS
    end = start + seconds * _MICROSECONDS
    steady = [took for started, _, took in calls if start <= started < end]
    # Where calls take for longer than the time of measuring, most of them start late.
    return steady if len(steady) > 1 else [took for _, _, took in calls]
