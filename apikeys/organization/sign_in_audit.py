"""Sign-ins in the audit trail, failed ones in batches and bounded."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from apikeys.access.client_ip import Address
from apikeys.audit.services import record
from apikeys.changes.actors import Actor
from apikeys.choices import ActorKind, AuditAction
from apikeys.counting.tries import Limit, TooManyTries, counter, spend
from apikeys.organization.models import Person

logger = logging.getLogger(__name__)

# Of the tries on one account from one network: the first, the fifth, and the last that
# its limit lets through. So each entry stands there at once, and says how many there were.
_EVERY = 5
# Of all accounts and networks together, so that many strangers cannot fill the trail.
ENTRIES = Limit("sign_in_failed_entries", 100, timedelta(hours=1))


def stranger(address: Address | None) -> Actor:
    """Return who tries to sign in, as the trail names them."""
    return _actor(ActorKind.STRANGER, "somebody", address)


def record_sign_in(person: Person, address: Address | None, at: datetime) -> None:
    """Write down that a person has signed in."""
    logger.info("Person %s signed in from %s.", person.pk, address)
    record(
        actor=_actor(ActorKind.PERSON, person.get_username(), address),
        action=AuditAction.SIGNED_IN,
        subject_id=_subject_id(person),
        subject_name=person.get_username(),
        at=at,
    )


def record_failure(
    person: Person | None,
    *,
    action: AuditAction,
    actor: Actor,
    number: int,
    limit: Limit,
    at: datetime,
) -> None:
    """Write down the failed try of this number within a limit, if it is one to write.

    `person` is whose account it was. Of an unknown one the name is not repeated: people
    type a password into the wrong field.
    """
    account = person.pk if person else "unknown"
    logger.warning("%s: person %s from %s.", action.value, account, actor.address)
    if number != 1 and number % _EVERY and number != limit.count:
        return
    try:
        [entry] = spend([counter(ENTRIES, None)], at)
    except TooManyTries:
        return
    changes: dict[str, tuple[Any, Any]] = {"failed_tries": (None, number)}
    if number == limit.count:
        changes["further_tries"] = (None, "refused for five minutes")
    if entry == ENTRIES.count:
        changes["further_entries"] = (None, "left out for up to an hour")
    record(
        actor=actor,
        action=action,
        subject_id=_subject_id(person) if person else "",
        subject_name=person.get_username() if person else "unknown account",
        at=at,
        changes=changes,
    )


def _actor(kind: ActorKind, name: str, address: Address | None) -> Actor:
    return Actor(kind, name, str(address) if address else None)


def _subject_id(person: Person) -> str:
    return f"person {person.pk}"
