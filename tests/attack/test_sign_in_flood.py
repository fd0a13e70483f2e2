"""A flood of sign-ins, bounded in number and from loopback only.

Many threads guess at once, each from addresses of its own choice, while the person
whose account it is signs in from hers.
"""

from __future__ import annotations

import threading
from collections import Counter
from functools import partial
from itertools import chain

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import get_hasher
from django.test import Client

from apikeys.audit.models import AuditEntry
from apikeys.counting.models import TryCount
from apikeys.organization.models import PersonSession
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)

LOGIN = "/settings/login/"
PASSWORD = "a long and good password"
THREADS = 6
FLOOD = 20
FLOOD_PATIENCE = 120


@pytest.fixture(autouse=True)
def ada():
    people = get_user_model().objects
    return people.create_user("ada", password=PASSWORD, is_staff=True)


class Hashes:
    """How many passwords were checked, and how many at once at most."""

    def __init__(self):
        self.lock = threading.Lock()
        self.total = self.running = self.most = 0

    def listen(self, monkeypatch, hasher):
        for step in ("encode", "verify"):
            monkeypatch.setattr(hasher, step, self._counted(getattr(hasher, step)))

    def _counted(self, function):
        def counted(hasher, *args):
            with self.lock:
                self.total += 1
                self.running += 1
                self.most = max(self.most, self.running)
            try:
                return function(hasher, *args)
            finally:
                with self.lock:
                    self.running -= 1

        return counted


@pytest.fixture
def hashes(monkeypatch):
    """Inside of the bound: what Argon2 itself was asked to calculate."""
    inner = type(get_hasher()).__mro__[2]
    assert inner.__name__ == "Argon2PasswordHasher"
    hashes = Hashes()
    hashes.listen(monkeypatch, inner)
    return hashes


def sign_in(name, password, address):
    form = {"username": name, "password": password}
    return Client().post(LOGIN, form, REMOTE_ADDR=address)


def flood(guess):
    """Send `guess(thread, number)` from threads at once; return the statuses."""

    def run(thread):
        return [guess(thread, number).status_code for number in range(FLOOD)]

    works = (partial(run, thread) for thread in range(THREADS))
    statuses = at_once(*works, patience=FLOOD_PATIENCE)
    assert [each for each in statuses if isinstance(each, Exception)] == []
    seen = Counter(chain.from_iterable(statuses))
    assert seen.total() == THREADS * FLOOD
    return seen


def test_one_account_is_guessed_ten_times_and_its_owner_still_gets_in(hashes):
    seen = flood(lambda thread, number: sign_in("ada", f"{number}", "192.0.2.7"))

    assert set(seen) <= {200, 429, 503}
    assert seen[200] == hashes.total == 10
    assert hashes.most <= 2
    assert sign_in("ada", PASSWORD, "192.0.2.7").status_code == 429
    assert sign_in("ada", PASSWORD, "192.0.2.8").status_code == 302


def test_many_accounts_are_guessed_sixty_times_from_one_network(hashes):
    seen = flood(
        lambda thread, number: sign_in(
            f"name {thread} {number}", "wrong", f"2001:db8::{thread}:{number}"
        )
    )

    assert set(seen) <= {200, 429, 503}
    assert seen[200] == hashes.total <= 60
    assert hashes.most <= 2
    assert sign_in("ada", PASSWORD, "2001:db8:0:1::1").status_code == 302


def test_forged_addresses_do_not_make_more_networks():
    seen = flood(
        lambda thread, number: Client().post(
            LOGIN,
            {"username": "ada", "password": "wrong"},
            REMOTE_ADDR="192.0.2.7",
            headers={
                "x-forwarded-for": f"198.51.100.{number}",
                "x-real-ip": f"198.51.100.{number}",
                "forwarded": f"for=198.51.100.{number}",
            },
        )
    )

    assert seen[200] == 10


def test_flood_leaves_few_rows_behind():
    flood(
        lambda thread, number: sign_in(f"name {number}", "wrong", f"192.0.2.{thread}")
    )

    assert PersonSession.objects.count() == 0
    assert AuditEntry.objects.count() <= 100
    # Of each network the sixty accounts that were tried at most, and itself.
    assert TryCount.objects.count() <= THREADS * 61 + 10


def test_flood_is_logged_without_what_was_typed(caplog):
    flood(lambda thread, number: sign_in("ada", f"hunter{number}", "192.0.2.7"))

    assert "sign_in_failed: person" in caplog.text
    assert "hunter" not in caplog.text
