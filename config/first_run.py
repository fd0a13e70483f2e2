"""Prepares the first start with nothing but Python's own library.

`python -m config.first_run --port 8000` ends with an error if the port is taken,
writes the environment file if there is none and never touches one that exists.
`python -m config.first_run --secrets` prints fresh secrets, one `NAME=value` a line.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import secrets
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
LAST_PORT = 65535

HEADER = """\
# Written by `make run` on this machine. Keep it: the secrets below open what is
# stored in the database. Every name is explained in .env.example.
"""
LOOPBACK = """\

# These four relax transport security so that plain HTTP works on this machine's
# loopback address. Remove them wherever anything else can reach the server.
SECURE_COOKIES=false
SECURE_SSL_REDIRECT=false
SECURE_HSTS_SECONDS=0
ALLOWED_HOSTS=localhost,127.0.0.1,[::1]
"""


class NotReady(Exception):
    """The text tells the person what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parse(arguments)
    if options.secrets:
        sys.stdout.writelines(_lines(fresh_secrets()))
        return 0
    try:
        check_port(options.port)
        prepare_env_file(Path(os.environ.get("ENV_FILE") or PROJECT_DIR / ".env"))
    except NotReady as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m config.first_run")
    parser.add_argument("--port", default="8000")
    parser.add_argument("--secrets", action="store_true")
    return parser.parse_args(arguments)


def fresh_secrets() -> dict[str, str]:
    """Return new values for every setting that must be secret."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "API_KEY_PEPPERS": f"1:{secrets.token_hex(32)}",
        # A Fernet key.
        "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(
            secrets.token_bytes(32)
        ).decode(),
    }


def check_port(text: str) -> None:
    """Raise `NotReady` unless a server could listen on this loopback port."""
    if not text.isdecimal() or not 1 <= int(text) <= LAST_PORT:
        raise NotReady(f"PORT must be a number from 1 to {LAST_PORT}, not “{text}”.")
    with socket.socket() as listener:
        # As servers do: a connection that still closes is no obstacle.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, int(text)))
        except PermissionError:
            raise NotReady(
                f"Port {text} needs more rights. Choose one above 1023: "
                "make run PORT=8001"
            ) from None
        except OSError:
            raise NotReady(
                f"Port {text} is taken. Choose another one: make run PORT=8001"
            ) from None


def prepare_env_file(path: Path) -> None:
    """Write the file if absent; raise `NotReady` if it lacks a secret."""
    if not path.exists() and _write_once(path):
        sys.stderr.write(f"Wrote {path.name} with fresh secrets.\n")
        return
    present = _names(path.read_text(encoding="utf-8")) | os.environ.keys()
    missing = [name for name in fresh_secrets() if name not in present]
    if missing:
        raise NotReady(
            f"{path.name} lacks {', '.join(missing)}. Put the old line back if there "
            "are keys already; for a new one run: python3 -m config.first_run --secrets"
        )


def _write_once(path: Path) -> bool:
    """Create the file whole and mode 0600; return False if another run was first."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(HEADER)
            file.writelines(_lines(fresh_secrets()))
            file.write(LOOPBACK)
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link never replaces what is there.
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def _lines(values: dict[str, str]) -> list[str]:
    return [f"{name}={value}\n" for name, value in values.items()]


def _names(text: str) -> set[str]:
    pattern = r"^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*\S"
    return set(re.findall(pattern, text, re.MULTILINE))


if __name__ == "__main__":
    sys.exit(main())
