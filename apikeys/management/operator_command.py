"""What every command of ours is: its errors are one line, its secrets are not lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseFailure
from django.db import transaction
from django.utils import translation

from apikeys.management.operator import refusals_end_the_command
from apikeys.management.streams import escape_what_cannot_be_encoded


class OperatorCommand(BaseCommand):
    """Results go to standard output, talk to standard error; both are English."""

    def run_from_argv(self, argv: list[str]) -> None:
        escape_what_cannot_be_encoded()
        super().run_from_argv(argv)

    def execute(self, *args: Any, **options: Any) -> str | None:
        _refuse_broken_text(options)
        try:
            with translation.override(None):
                return super().execute(*args, **options)
        except DatabaseFailure as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise CommandError(f"The database gives an error: {reason}") from error

    def say(self, text: str) -> None:
        """Write to standard error, not in the red that Django gives to all of it."""
        self.stderr.write(printable(text), style_func=str)

    @contextmanager
    def secrets_arrive_or_nothing_changes(self) -> Iterator[None]:
        """Undo the change whose secret, written inside, does not reach its reader.

        Written before the commit: a printed token of a key that then does not exist
        opens nothing, while a key whose token nobody has must be found and deleted.
        """
        try:
            with transaction.atomic(), refusals_end_the_command():
                yield
                self.stdout.flush()
                self.stderr.flush()
        except OSError as error:
            raise CommandError(
                "Nothing was changed, since the secret cannot be written:"
                f" {error.strerror}."
            ) from error


def add_as_argument(parser: CommandParser) -> None:
    """Add `--as PERSON`, which `operator.acting` reads from `username`."""
    parser.add_argument(
        "--as",
        dest="username",
        metavar="PERSON",
        help="Act with the rights of this person, who is named in the audit trail.",
    )


def counted(number: int, thing: str, things: str = "") -> str:
    """Return `1 key` or `2 keys`; `things` is for a word with a plural of its own."""
    return f"{number} {thing if number == 1 else things or f'{thing}s'}"


def printable(text: str) -> str:
    """Escape what would forge a line, a column or the order of letters."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode()
        for each in text
    )


def _refuse_broken_text(options: dict[str, Any]) -> None:
    """Refuse bytes of the command line that are no text: no database stores them."""
    for value in options.values():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and not _is_encodable(text):
                raise CommandError(f"{text!r} has bytes that are no text.")


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
