"""What keeps a presented text from being a token, said without a piece of it.

Texts are told by what characters they hold and never quoted: a refusal ends up in
logs and bug reports, and what was sent may be a secret with a character too many.
"""

from __future__ import annotations

from apikeys.access import refusals
from apikeys.access.refusals import Refusal

# Longer texts are not searched; the longest token has a quarter of this.
_MAX_SEARCHED = 400
# Fillers, blanks and variation selectors, which Python counts as printable.
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
)

_because = refusals.CREDENTIALS_MALFORMED.because
_UNSEEN_CHARACTERS = _because(
    "There are invisible characters around the token or in it. Send it without them."
)
# In this order: a text may have several.
_FAULTS = tuple(
    (frozenset(characters), _because(detail))
    for characters, detail in (
        (
            "\ufeff\ufffe",
            "There is a byte-order mark before the token or in it. Send the token"
            " without it.",
        ),
        (
            "\"'`\u00b4\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a",
            "There are quotation marks around the token or in it. Send it without"
            " them.",
        ),
        (
            "{}<>[]()",
            "There are brackets around the token or in it. Send it without them.",
        ),
        (
            ",",
            "There is a comma in the token: its header may have been sent twice. Send"
            " the token once.",
        ),
        (
            " \t\r\n",
            "There are spaces or line breaks around the token or in it. Send it"
            " without them.",
        ),
    )
)


def malformed(text: str) -> Refusal:
    """Return the refusal of a text that is no token; its detail says why where it can."""
    if len(text) > _MAX_SEARCHED:
        return refusals.CREDENTIALS_MALFORMED
    characters = frozenset(_as_typed(text))
    for faulty, refusal in _FAULTS:
        if characters & faulty:
            return refusal
    if characters & _UNSEEN or not all(map(str.isprintable, characters)):
        return _UNSEEN_CHARACTERS
    return refusals.CREDENTIALS_MALFORMED


def _as_typed(text: str) -> str:
    # WSGI hands on the bytes of headers as Latin-1 (PEP 3333), clients mean UTF-8.
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
