"""Lists as people type and paste them: one way to cut them into entries."""

from __future__ import annotations

import re

# Format characters (Unicode's Cf), and letters and marks that have no shape.
INVISIBLE = (
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_COMMENT = re.compile(r"(?:^|(?<=[\s,;]))#.*$", re.MULTILINE)
_SEPARATOR = re.compile(r"[\s,;]+")


def entries(text: str) -> list[str]:
    """Return what stands between commas, semicolons, blanks and line ends.

    Comments are left out, and characters that nobody sees: they come along from web
    pages and mails.
    """
    readable = without_comments(without_invisible(text))
    return [entry for entry in _SEPARATOR.split(readable) if entry]


def without_comments(text: str) -> str:
    """Return the text without what follows a `#` that begins a line or a word."""
    return _COMMENT.sub("", text)


def without_invisible(text: str) -> str:
    return text if text.isascii() else _INVISIBLE.sub("", text)
