"""Standard streams that end a command as other tools end: without a traceback."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

# What a shell reports of a tool that a closed pipe or Ctrl-C has ended.
_CLOSED_PIPE, _INTERRUPTED = 141, 130


@contextmanager
def failed_writes_end_plainly() -> Iterator[None]:
    """Exit quietly on a closed pipe, and with one line where output cannot be written."""
    _replace_closed_streams()
    try:
        yield
        error = _failed_write()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except SystemExit as exit_:
        error = _failed_write()
        if error is None or exit_.code not in (None, 0):
            raise
    except OSError:
        error = _failed_write()
        if error is None:
            raise
    if error is not None:
        sys.exit(_reported(error))


def escape_what_cannot_be_encoded() -> None:
    """Write a character as an escape where the terminal's encoding lacks it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _replace_closed_streams() -> None:
    """Put a file in the place of a stream that the shell closed, as with `>&-`.

    Else the database's connection would get its number, and Python has None there.
    Output that is asked for fails as it should; talk on standard error is lost.
    """
    if sys.stdout is None:
        sys.stdout = _opened(os.O_RDONLY)
    if sys.stderr is None:
        sys.stderr = _opened(os.O_WRONLY)


def _opened(mode: int) -> TextIO:
    return open(os.open(os.devnull, mode), "w", encoding="utf-8")


def _failed_write() -> OSError | None:
    """Return why output cannot be written. What failed once is kept and fails again."""
    error = None
    for stream in (sys.stderr, sys.stdout):
        try:
            stream.flush()
        except OSError as failure:
            error = failure
            # Python writes the rest once more as it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return error


def _reported(error: OSError) -> int:
    if error.errno == errno.EPIPE:
        return _CLOSED_PIPE
    print(f"Error: the output cannot be written: {error.strerror}.", file=sys.stderr)  # noqa: T201 - no command is running any more
    return 1
