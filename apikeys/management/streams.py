"""Standard streams that end a command as other tools end: without a traceback."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

# What a shell reports of a tool that a closed pipe or Ctrl-C has ended.
_CLOSED_PIPE, _INTERRUPTED = 141, 130


@contextmanager
def failed_writes_end_plainly() -> Iterator[None]:
    """Exit quietly on a closed pipe, and with one line where output cannot be written."""
    _replace_closed_streams()
    sys.stdout, sys.stderr = map(_remembering, (sys.stdout, sys.stderr))
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


class _RememberingStream(io.TextIOWrapper):
    """Tells a write that failed from every other OSError."""

    failure: OSError | None = None

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self.failure = error
            raise

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self.failure = error
            raise


def _remembering(stream: TextIO) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.flush()
    settings: dict[str, Any] = {
        "encoding": stream.encoding,
        "errors": stream.errors,
        "line_buffering": stream.line_buffering,
        "write_through": stream.write_through,
    }
    return _RememberingStream(stream.detach(), **settings)


def _failed_write() -> OSError | None:
    """Return why output could not be written, if it could not."""
    failure = None
    for stream in (sys.stderr, sys.stdout):
        with suppress(OSError):
            stream.flush()
        failed = getattr(stream, "failure", None)
        if failed is not None:
            failure = failed
            # Python writes the rest once more as it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return failure


def _reported(error: OSError) -> int:
    if error.errno == errno.EPIPE:
        return _CLOSED_PIPE
    print(f"Error: the output cannot be written: {error.strerror}.", file=sys.stderr)  # noqa: T201 - no command is running any more
    return 1
