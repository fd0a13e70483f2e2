"""One line in the log for each call that is refused, at every entrance.

It names the key by its ID, never the credential, and only where what was sent has the
form of a token. Anybody can cause such lines, so a process writes a bounded number of
them in a minute: one number for callers that proved a key, one for all others, so that
a stranger's flood does not hide what a customer's own system was refused.
"""

from __future__ import annotations

import logging
import re
from datetime import datetime
from urllib.parse import quote

from apikeys.access import tokens
from apikeys.access.client_ip import Address
from apikeys.access.credentials import PresentedCredential
from apikeys.access.refusals import Refusal
from apikeys.log_lines import LineBudget

logger = logging.getLogger(__name__)

LINES_A_MINUTE = 100
_MAX_PATH_LENGTH = 300

_METHOD = re.compile(r"[A-Za-z-]{1,20}")
# A token that somebody put into a path, or its secret alone.
_SECRET = re.compile(r"(?a:\w{38,})")

_proved = LineBudget(LINES_A_MINUTE)
_unproved = LineBudget(LINES_A_MINUTE)


def clear() -> None:
    """Forget how much was written, as a new process does."""
    _proved.clear()
    _unproved.clear()


def record_refusal(
    refusal: Refusal,
    method: str,
    path: str | None,
    address: Address | None,
    at: datetime,
    *,
    key_id: str = "",
    is_proved: bool = False,
) -> None:
    """Write down a call that was refused.

    `key_id` is "" where none is known, `path` without its query. `is_proved` says that
    the caller holds the secret of the key.
    """
    budget = _proved if is_proved else _unproved
    may_write, left_out = budget.take(at.timestamp())
    if left_out:
        logger.info("%d more refused calls were not written.", left_out)
    if may_write:
        logger.info(
            "Refused: %s key=%s %s %s from=%s",
            refusal.code,
            key_id or "-",
            method if _METHOD.fullmatch(method) else "?",
            _plain(path),
            address or "-",
        )


def named_key(presented: PresentedCredential | Refusal) -> str:
    """Return the ID in what was presented, "" where that is no token of a key."""
    if isinstance(presented, Refusal):
        return ""
    return tokens.public_id_in(presented.text)


def _plain(path: str | None) -> str:
    if path is None:
        return "-"
    text = _SECRET.sub("…", path)[:_MAX_PATH_LENGTH]
    # Percent-encoded, so that no path forges a line.
    return quote(text, safe="/…:@!$&'()*+,;=-._~")
