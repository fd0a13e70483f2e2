"""How long a call takes at half of the highest rate, by h2load: near to an open loop."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from bench import load

CLIENTS = 16


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles in milliseconds at a rate of calls a second."""

    rate: float
    p50: float
    p95: float
    p99: float


def measure(url: str, authorization: str, rate: float, seconds: int) -> Latency:
    """Ask at this rate, whatever the answers take, and return their percentiles."""
    with TemporaryDirectory(prefix="bench-") as folder:
        log = Path(folder) / "calls"
        _ask(url, authorization, rate, seconds, log)
        taken = _milliseconds(log.read_text())
    # A hundred slices: the last cut is the 99th percentile.
    cuts = quantiles(taken, n=100)
    return Latency(len(taken) / seconds, cuts[49], cuts[94], cuts[98])


def _ask(url: str, authorization: str, rate: float, seconds: int, log: Path) -> None:
    h2load = shutil.which("h2load")
    if h2load is None:
        raise load.LoadFailed("h2load is not installed (Debian's nghttp2-client).")
    command = [h2load, "--h1", f"--clients={CLIENTS}", f"--duration={seconds}"]
    command += [f"--rps={rate / CLIENTS:.1f}", f"--log-file={log}"]
    for name, value in load.headers(authorization).items():
        command.append(f"--header={name}: {value}")
    subprocess.run(  # noqa: S603 (our own words)
        [*command, url], capture_output=True, check=True, timeout=seconds + 30
    )


def _milliseconds(log: str) -> list[float]:
    """Read lines of start (µs), status and duration (µs)."""
    calls = [line.split() for line in log.splitlines()]
    refused = [status for _, status, _ in calls if int(status) != HTTPStatus.OK]
    if refused or not calls:
        raise load.LoadFailed(f"{len(refused)} of {len(calls)} calls got no 200.")
    return [int(duration) / 1000 for _, _, duration in calls]
