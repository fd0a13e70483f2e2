"""Settings read from the environment: one reader, which strips and names what is wrong.

An error names the setting and what it should be, and never its value: most of what is
here is a secret, or stands beside one. Values are taken as they are: `$` means nothing.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import SystemCheckError
from django.db import DatabaseError

from apikeys.access.client_ip import MalformedNetwork, Proxy, parse_proxy
from apikeys.access.entries import entries

_LINE = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*)")
_QUOTED = re.compile(r"'(?P<plain>.*)'|\"(?P<escaped>.*)\"")
_ESCAPE = re.compile(r"\\([^rnt])")
_NUMBER = re.compile(r"[0-9]{1,9}")
_SEPARATOR = re.compile(r"[,\r\n]")
_WORDS = {
    **dict.fromkeys(("true", "on", "yes", "y", "ok", "1"), True),
    **dict.fromkeys(("false", "off", "no", "n", "0"), False),
}
_SQLITE_IN_MEMORY = "sqlite://:memory:"
_A_DATABASE = (
    "must be sqlite:///path or postgresql://user:password@host:5432/name, with"
    " percent-encoding (%40 for @) where a name or password has other signs"
)
_A_MAIL_SERVER = (
    "must be consolemail:// or such as smtp+tls://user:password@host:587, with"
    " percent-encoding (%40 for @) where a name or password has other signs"
)


class Environment(environ.Env):
    """django-environ's typed reading, each method of it with errors as above."""

    def get_value(
        self,
        var: str,
        cast: Any = None,
        default: Any = environ.Env.NOTSET,
        parse_default: bool = False,
    ) -> Any:
        text = self.ENVIRON.get(var)
        if text is None:
            if default is self.NOTSET:
                raise ImproperlyConfigured(f"Set the {var} environment variable.")
            return default
        # A cast without a reader here is environ's own, whose errors repeat the value.
        read, what = _READERS[cast]
        return _read(var, text.strip(), read, what)

    def list(
        self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET
    ) -> Any:
        """Return what stands between commas or line ends, without blanks around it."""
        found = self.get_value(var, cast=_list, default=default)
        for place, entry in enumerate(found, start=1):
            if len(entry.split()) > 1:
                raise _wrong(
                    var,
                    f"entry {place} has a blank inside; put a comma between entries",
                )
        return found

    def mapping(self, name: str) -> dict[str, Any]:
        """Return a JSON object."""
        found = self.json(name, default={})
        if not isinstance(found, dict):
            raise _wrong(name, "must be a JSON object")
        return found

    def one_of(self, name: str, choices: tuple[str, ...]) -> str:
        """Return one of the texts, the first unless it is set."""
        value = str(self.str(name, default=choices[0]))
        if value not in choices:
            raise _wrong(name, f"must be one of {', '.join(choices)}")
        return value

    def zone(self, name: str, default: str) -> str:
        """Return the name of a time zone."""
        value = str(self.str(name, default=default))
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise _wrong(name, "must be a time zone such as Europe/Berlin") from None
        return value

    def db(self, var: str, default: Any = environ.Env.NOTSET) -> dict[str, Any]:  # type: ignore[override]  # environ's takes an engine as well
        """Return Django's settings of the database that a URL names."""
        url = self.str(var, default=default)
        found: dict[str, Any] = _read(var, url, _database, _A_DATABASE)
        return found

    def email(self, var: str, default: Any = environ.Env.NOTSET) -> dict[str, Any]:  # type: ignore[override]  # environ's takes a backend as well
        """Return Django's settings of the mail server that a URL names."""
        url = self.str(var, default=default)
        found: dict[str, Any] = _read(var, url, self.email_url_config, _A_MAIL_SERVER)
        return found

    def peppers(self, name: str) -> dict[int, str]:
        """Return texts by their numbers, from `number:text,number:text`."""
        found: dict[int, str] = {}
        texts = self.get_value(name, cast=_list, default=[])
        for place, entry in enumerate(texts, start=1):
            number, colon, text = (part.strip() for part in entry.partition(":"))
            if not (colon and _NUMBER.fullmatch(number)):
                raise _wrong(name, f"entry {place} must be number:text, as in 1:text")
            if int(number) in found:
                raise _wrong(name, f"number {int(number)} stands there twice")
            found[int(number)] = text
        return found

    def proxies(self, name: str) -> tuple[Proxy, ...]:
        """Return networks of proxies, and `unix` where that is among them."""
        found: list[Proxy] = []
        texts = entries(self.str(name, default=""))
        for place, text in enumerate(texts, start=1):
            try:
                found.append(parse_proxy(text))
            except MalformedNetwork as error:
                meant = f"; write {error.suggestion}" if error.suggestion else ""
                raise _wrong(
                    name, f"entry {place} must be a network or unix{meant}"
                ) from None
        return tuple(found)

    def pairs(self, name: str, default: Iterable[str]) -> tuple[tuple[str, ...], ...]:
        """Return the parts of entries such as `one/other`."""
        return tuple(
            tuple(part.strip() for part in entry.split("/"))
            for entry in self.get_value(name, cast=_list, default=default)
        )

    @classmethod
    def read_env(cls, env_file: str, **kwargs: Any) -> None:  # type: ignore[override]  # environ's takes more kinds of files
        """Take the lines of a file, `NAME=value`, where the environment lacks the name.

        environ's own reader writes a line that it cannot read, and its secret, to the log.
        """
        try:
            text = Path(env_file).read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return
        except (OSError, UnicodeError) as error:
            raise ImproperlyConfigured(
                f"The environment file cannot be read ({type(error).__name__})."
            ) from None
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                name, value = _assignment(line.strip(), number)
                cls.ENVIRON.setdefault(name, value)


@contextmanager
def wrong_settings_end_the_process() -> Iterator[None]:
    """Say in one line what is wrong with the settings, and leave with status 1."""
    try:
        yield
    except ImproperlyConfigured as error:
        sys.exit(f"ImproperlyConfigured: {error}")
    except SystemCheckError as error:
        sys.exit(str(error))


@contextmanager
def lost_database_ends_the_process() -> Iterator[None]:
    """Say in one line that a server cannot start; whoever runs it starts it again."""
    try:
        yield
    except DatabaseError as error:
        # The class alone: a driver's text may quote the address and its password.
        sys.exit(f"The database cannot be opened ({type(error).__name__}).")


def _read(name: str, text: str, read: Callable[[str], Any], what: str) -> Any:
    try:
        return read(text)
    except (ValueError, LookupError, RecursionError, ImproperlyConfigured):
        # Its text may repeat the value.
        raise _wrong(name, what) from None


def _wrong(name: str, what: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}: {what}.")


def _list(text: str) -> list[str]:
    found = [entry.strip() for entry in _SEPARATOR.split(text)]
    return [entry for entry in found if entry]


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number) or number < 0:
        raise ValueError
    return number


def _database(url: str) -> dict[str, Any]:
    scheme = url.partition(":")[0]
    if scheme not in ("sqlite", *environ.Env.POSTGRES_FAMILY):
        raise ValueError
    if scheme == "sqlite" and url != _SQLITE_IN_MEMORY and urlsplit(url).netloc:
        # With two slashes the first folder would be read as a host, and dropped.
        raise ValueError
    found: dict[str, Any] = environ.Env.db_url_config(url)  # type: ignore[no-untyped-call]  # annotated in part only
    return found


def _assignment(line: str, number: int) -> tuple[str, str]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ImproperlyConfigured(
            f"Line {number} of the environment file is not NAME=value."
        )
    name, value = found.groups()
    quoted = _QUOTED.fullmatch(value)
    if quoted is None:
        return name, value
    if quoted["escaped"] is None:
        return name, quoted["plain"]
    return name, _ESCAPE.sub(r"\1", quoted["escaped"])


_READERS: dict[Any, tuple[Callable[[str], Any], str]] = {
    None: (str, ""),
    str: (str, ""),
    _list: (_list, ""),
    bool: (lambda text: _WORDS[text.lower()], "must be true or false"),
    int: (_whole, "must be a whole number, 0 or more"),
    float: (_number, "must be a number, 0 or more"),
    json.loads: (json.loads, "must be JSON"),
}
