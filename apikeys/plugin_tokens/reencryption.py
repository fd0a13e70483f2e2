"""Moves stored plugin tokens to the newest encryption key and the newest pepper."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from django.conf import settings
from django.db import transaction

from apikeys import encryption
from apikeys.access import tokens
from apikeys.audit.services import record
from apikeys.changes.actors import Actor
from apikeys.choices import AuditAction
from apikeys.plugin_tokens.models import PluginToken

_BATCH = 200


class _Outcome(Enum):
    MOVED = auto()
    CURRENT = auto()
    UNREADABLE = auto()


@dataclass(frozen=True, slots=True)
class Reencryption:
    """How many tokens were moved or are under the newest, and the names of the unreadable."""

    moved: int
    current: int
    unreadable: tuple[str, ...]


def reencrypt_plugin_tokens(*, actor: Actor, at: datetime) -> Reencryption:
    """Encrypt and digest every token anew where a newer key or pepper is there.

    A digest under a pepper that is gone is made good too. A row that no key opens
    stays as it is. Each batch is a transaction of its own with its audit entry, so
    that pages and integrators never wait long; a broken run can be repeated.
    """
    results: list[tuple[_Outcome, str]] = []
    last = 0
    while batch := _batch_after(last):
        last = batch[-1]
        results += _reencrypt(batch, actor, at)
    counts = Counter(outcome for outcome, _ in results)
    return Reencryption(
        moved=counts[_Outcome.MOVED],
        current=counts[_Outcome.CURRENT],
        unreadable=tuple(
            name for outcome, name in results if outcome is _Outcome.UNREADABLE
        ),
    )


def _batch_after(last: int) -> list[int]:
    rows = PluginToken.objects.filter(pk__gt=last).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:_BATCH])


@transaction.atomic
def _reencrypt(
    batch: list[int], actor: Actor, at: datetime
) -> list[tuple[_Outcome, str]]:
    rows = PluginToken.objects.select_for_update().filter(pk__in=batch).order_by("pk")
    results = [(_move(token), token.name) for token in rows]
    moved = sum(outcome is _Outcome.MOVED for outcome, _ in results)
    if moved:
        record(
            actor=actor,
            action=AuditAction.PLUGIN_TOKENS_REENCRYPTED,
            subject_id="plugin tokens",
            subject_name=f"{moved} plugin tokens",
            at=at,
        )
    return results


def _move(token: PluginToken) -> _Outcome:
    number, pepper = tokens.signing_pepper(settings.API_KEY_PEPPERS)
    try:
        value = token.value()
    except encryption.CannotDecrypt:
        return _Outcome.UNREADABLE
    if token.pepper == number and encryption.is_under_newest_key(token.encrypted):
        return _Outcome.CURRENT
    plain = tokens.parse(value, tokens.PLUGIN_TOKEN_PREFIX)
    token.encrypted = encryption.encrypt(value)
    token.digest, token.pepper = tokens.digest(plain, pepper), number
    token.save(update_fields=["encrypted", "digest", "pepper"])
    return _Outcome.MOVED
