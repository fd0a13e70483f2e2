"""The one rule for names: of keys, plugin tokens, roles, people and locations."""

from __future__ import annotations

import re
import unicodedata

from apikeys.access.entries import INVISIBLE, without_invisible

ODD_CHARACTERS = "Use letters, digits and signs in one line."
NAME_NEEDED = "A name is needed."

# Persian and Indian words, and emoji, need joiners inside; emoji need the two forms.
_JOINERS = "\u200c\u200d"
_FORMS = "\ufe0e\ufe0f"
# Control characters and line ends would let a name forge lines of a listing or a
# terminal, bidirectional marks the order of its letters, and what nobody sees another
# name; U+FFFD stands for bytes that were no text.
_ODD = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffd]"
    f"|(?![{_JOINERS}{_FORMS}])[{INVISIBLE}]"
    f"|(?<![^\x00-\x7f])[{_JOINERS}]|[{_JOINERS}](?![^\x00-\x7f])"
)
_BLANK = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")


class MalformedName(ValueError):
    """The text is no name; `str()` says why."""


def normal_name(text: str, max_length: int) -> str:
    """Return a name with plain spaces, and none around it. Raises `MalformedName`."""
    if len(text) > max_length:
        raise MalformedName(f"A name has at most {max_length} characters.")
    name = _BLANK.sub(" ", text).strip(" \t\r\n")
    if not name:
        raise MalformedName(NAME_NEEDED)
    if _ODD.search(name):
        raise MalformedName(ODD_CHARACTERS)
    return name


def folded_name(name: str) -> str:
    """Return what two names have in common that a person reads as the same."""
    if not name.isascii():
        name = unicodedata.normalize("NFKC", without_invisible(name)).casefold()
        name = unicodedata.normalize("NFKC", name)
    return " ".join(name.lower().split())
