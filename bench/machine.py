"""The two cores of a run, and the words that describe the machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

MEGABYTE = 1024 * 1024
_PACKAGES = (
    "Django",
    "djangorestframework",
    "djangorestframework-api-key",
    "django-rest-knox",
    "granian",
    "psycopg",
)


def cores() -> tuple[int, int]:
    """Return the core of the server and that of everything else; one may be both."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Run on one core; a process started meanwhile stays there with all its threads."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def resident_bytes(pid: int) -> int:
    """Return the memory that a process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def described() -> list[str]:
    """Return one line each about the processor, Python and the packages."""
    return [
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        f"Python {platform.python_version()}",
        ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
