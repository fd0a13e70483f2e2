"""Puts programs in place that no wheel carries: `system_parts.py nginx h2load`.

Takes what is found, else Debian's package where it is root; Chromium last of all as
Playwright's own download. Needs nothing but Python's own library.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

CHROMIUM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
PACKAGES = {
    # An older one than the wheel that is installed beside the tests.
    "caddy": ("caddy",),
    # Without a font, pages have no text to measure.
    "chromium": ("chromium", "fonts-liberation"),
    "h2load": ("nghttp2-client",),
    "nginx": ("nginx",),
    # What the driver in its wheel is linked against.
    "playwright": ("libatomic1",),
    "venv": ("python3-venv",),
    "wrk": ("wrk",),
}


def main(parts: list[str]) -> int:
    missing = [part for part in parts if not _provide(part)]
    for part in missing:
        sys.stderr.write(
            f"{part} is missing and could not be installed; as root, on Debian: "
            f"apt-get install {' '.join(PACKAGES[part])}\n"
        )
    return 1 if missing else 0


def find_chromium() -> Path | None:
    """Return the browser that tests drive: CHROMIUM_PATH or one found."""
    if chosen := os.environ.get("CHROMIUM_PATH"):
        return Path(chosen)
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return Path(found)
    return _playwright_chromium()


def find_nginx() -> Path | None:
    return find("nginx")


def find(name: str) -> Path | None:
    # Debian keeps servers in folders that are not on everybody's path.
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin"])
    # What came as a wheel is no program of the system.
    own = os.path.dirname(sys.executable)
    folders = [folder for folder in path.split(os.pathsep) if folder != own]
    found = shutil.which(name, path=os.pathsep.join(folders))
    return Path(found) if found else None


def _playwright_chromium() -> Path | None:
    if not _is_there("playwright"):
        return None
    # Absent while the virtual environment itself is being made.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None


def _is_there(part: str) -> bool:
    if part == "chromium":
        return find_chromium() is not None
    if part == "playwright":
        driver = [sys.executable, "-m", "playwright", "--version"]
        return subprocess.run(driver, capture_output=True, check=False).returncode == 0
    if part == "venv":
        importlib.invalidate_caches()
        return importlib.util.find_spec("ensurepip") is not None
    return find(part) is not None


def _provide(part: str) -> bool:
    ways: list[Callable[[str], None]] = [_install_package]
    if part == "chromium":
        ways.append(_download_chromium)
    for way in ways:
        if _is_there(part):
            return True
        way(part)
    return _is_there(part)


def _install_package(part: str) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    environment = {
        **os.environ,
        "DEBIAN_FRONTEND": "noninteractive",
        # Keeps a freshly installed nginx from being started as a service.
        "RUNLEVEL": "1",
    }
    sys.stderr.write(f"Installing {' '.join(PACKAGES[part])} ...\n")
    install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends"]
    _succeeds(["apt-get", "update", "-qq"], environment)
    _succeeds([*install, *PACKAGES[part]], environment)


def _download_chromium(_part: str) -> None:
    _succeeds([sys.executable, "-m", "playwright", "install", "chromium"])


def _succeeds(command: list[str], environment: dict[str, str] | None = None) -> bool:
    result = subprocess.run(
        command, env=environment, stdout=subprocess.DEVNULL, check=False
    )
    return result.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
