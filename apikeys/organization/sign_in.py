"""Whose a name and a password are, and how often that may be tried.

At most ten wrong passwords of one account and sixty of all pass from one network in
five minutes; what is beyond is refused before any hash. Never is an account counted
alone: a stranger would lock its owner out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django.utils import timezone

from apikeys.access.client_ip import Address
from apikeys.changes.actors import Actor
from apikeys.choices import AuditAction
from apikeys.counting.tries import Counter, Limit, clear, counter, give_back, spend
from apikeys.organization.models import Person
from apikeys.organization.sign_in_audit import record_failure, stranger
from apikeys.pages.people import request_address
from apikeys.passwords import TooManyHashes

_PER = timedelta(minutes=5)
PER_ACCOUNT = Limit("sign_in", 10, _PER)
PER_NETWORK = Limit("sign_in_network", 60, _PER)

Proof = TypeVar("Proof")


@dataclass(frozen=True, slots=True)
class PasswordTry:
    """A password typed for an account; `person` is whose it is, if anybody's.

    `action` is what the audit trail calls it where it fails.
    """

    typed_name: str
    person: Person | None
    address: Address | None
    actor: Actor
    action: AuditAction
    at: datetime


class SignIn(ModelBackend):
    """Sign-in of staff with the user name or the e-mail address, and the password.

    Django's own backend does the rest: it hashes a password for unknown names
    too, so that the time of an answer does not tell who is known.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Person | None:
        if username is None or password is None:
            return None
        person = _person(username)
        name = person.get_username() if person else username

        def prove() -> Person | None:
            found = super(SignIn, self).authenticate(request, name, password)
            # No member of staff counts as wrong, or else it would tell that the
            # password is right.
            return found if found is not None and found.is_staff else None

        address = request_address(request) if request is not None else None
        return try_password(
            PasswordTry(
                typed_name=username,
                person=person,
                address=address,
                actor=stranger(address),
                action=AuditAction.SIGN_IN_FAILED,
                at=timezone.now(),
            ),
            prove,
        )


def try_password(
    attempt: PasswordTry, prove: Callable[[], Proof | None]
) -> Proof | None:
    """Return what `prove` returns, unless the account was tried too often.

    Raises `TooManyTries`, and then `prove` was not called; `TooManyHashes` passes
    through and is no try. A success clears the tries of that account from there.
    Tries count by what was typed: one count for a name and an e-mail would tell
    that they belong together.
    """
    address, at = attempt.address, attempt.at
    account = counter(PER_ACCOUNT, address, attempt.typed_name)
    network = counter(PER_NETWORK, address)
    number, _ = spend([account, network], at)
    try:
        proof = prove()
    except TooManyHashes:
        give_back([account, network], at)
        raise
    if proof:
        clear([account, *_other_names(attempt)])
        give_back([network], at)
    else:
        record_failure(
            attempt.person,
            action=attempt.action,
            actor=attempt.actor,
            number=number,
            limit=PER_ACCOUNT,
            at=at,
        )
    return proof


def _other_names(attempt: PasswordTry) -> list[Counter]:
    person = attempt.person
    names = (person.get_username(), person.email) if person else ()
    return [counter(PER_ACCOUNT, attempt.address, name) for name in names if name]


def _person(typed: str) -> Person | None:
    """Return whose user name or else e-mail was typed.

    The user name wins: nobody can take over another person's by an e-mail.
    """
    named = Person.objects.filter(username=typed).first()
    return named or Person.objects.with_email(typed).first()
