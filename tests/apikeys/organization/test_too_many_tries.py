"""Guessing passwords at the sign-in page and where the own password is asked."""

from __future__ import annotations

import logging
from ipaddress import ip_network

import pytest
from django.contrib.auth import authenticate, get_user, get_user_model
from django.contrib.auth.hashers import get_hasher
from django.test import Client

from apikeys.audit.models import AuditEntry
from apikeys.counting.models import TryCount
from apikeys.organization.models import PersonSession
from apikeys.organization.sign_in_audit import ENTRIES
from apikeys.passwords import hashing
from tests.apikeys.pages import screens

pytestmark = pytest.mark.django_db

LOGIN = "/settings/login/"
CHANGE = "/settings/password_change/"
PASSWORD = "a long and good password"
HERE = "192.0.2.7"
THERE = "198.51.100.1"


@pytest.fixture(autouse=True)
def _still(wall_clock):
    """No test is cut in two by the end of a slice of time."""


@pytest.fixture
def ada():
    return _person("ada", "Ada@Example.com")


@pytest.fixture
def hashes(monkeypatch):
    """What the hasher was asked for."""
    asked: list[str] = []
    hasher = type(get_hasher())
    for step in ("encode", "verify"):
        _listen(monkeypatch, hasher, step, asked)
    return asked


def _listen(monkeypatch, hasher, step, asked):
    function = getattr(hasher, step)

    def heard(self, *args, **kwargs):
        asked.append(step)
        return function(self, *args, **kwargs)

    monkeypatch.setattr(hasher, step, heard)


def _person(username, email="", **given):
    people = get_user_model().objects
    return people.create_user(username, email, PASSWORD, is_staff=True, **given)


def sign_in(name, password=PASSWORD, address=HERE, client=None, **headers):
    client = client or Client()
    form = {"username": name, "password": password}
    return client.post(LOGIN, form, REMOTE_ADDR=address, headers=headers)


def fail(name, times, address=HERE):
    return {sign_in(name, "wrong", address).status_code for _ in range(times)}


def entries(*actions):
    rows = AuditEntry.objects.filter(action__in=actions).order_by("pk")
    return [
        (row.actor, row.subject_name, row.address, row.changes.get("failed_tries"))
        for row in rows
    ]


def test_eleventh_try_of_an_account_from_a_network_is_refused(ada, hashes):
    assert fail("ada", 10) == {200}
    calculated = len(hashes)

    response = sign_in("ada")

    assert response.status_code == 429
    # The slice of a minute in which they were made, and five minutes.
    assert response["Retry-After"] == "360"
    assert "no-store" in response["Cache-Control"]
    assert "Too many tries. Try again in 6 minutes." in screens.text_of(response)
    assert len(hashes) == calculated == 10
    assert PersonSession.objects.count() == 0


def test_page_counts_a_last_minute_as_one(ada, wall_clock):
    fail("ada", 10)
    wall_clock.advance(minutes=5, seconds=30)

    response = sign_in("ada")

    assert response["Retry-After"] == "30"
    assert "Too many tries. Try again in 1 minute." in screens.text_of(response)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        pytest.param("ada", THERE, id="the-person-from-elsewhere"),
        pytest.param("bob", HERE, id="a-colleague-from-there"),
    ],
)
def test_nobody_is_locked_out_by_a_stranger(name, address, ada):
    _person("bob")
    fail("ada", 30)

    assert sign_in(name, address=address).status_code == 302


def test_person_signs_in_when_the_time_is_over(ada, wall_clock):
    fail("ada", 10)

    wall_clock.advance(minutes=6)

    assert sign_in("ada").status_code == 302


@pytest.mark.parametrize("name", ["ADA@example.com", "ada@EXAMPLE.COM"])
def test_spellings_of_one_name_count_together(name, ada):
    fail("ada@example.com", 10)

    assert sign_in(name).status_code == 429


def test_unknown_names_are_refused_like_known_ones(ada):
    assert fail("nobody", 10) == {200}
    assert fail("ada", 10) == {200}

    unknown, known = sign_in("nobody"), sign_in("ada")

    assert unknown.status_code == known.status_code == 429
    assert unknown.content == known.content


def test_sixty_failures_of_many_accounts_refuse_the_network(ada, hashes):
    for number in range(6):
        assert fail(f"account {number}", 10) == {200}

    assert sign_in("ada").status_code == 429
    assert sign_in("ada", address=THERE).status_code == 302
    assert len(hashes) == 61


def test_addresses_of_one_ipv6_network_count_together(ada):
    for number in range(10):
        fail("ada", 1, f"2001:db8::{number}")

    assert sign_in("ada", address="2001:db8::ffff").status_code == 429
    assert sign_in("ada", address="2001:db8:0:1::1").status_code == 302


def test_caller_is_who_the_trusted_proxies_name(ada, settings):
    settings.TRUSTED_PROXIES = (ip_network("10.0.0.1/32"),)
    for number in range(10):
        # From the left a client may write what it likes.
        chain = {"x-forwarded-for": f"203.0.113.{number}, {HERE}"}
        sign_in("ada", "wrong", "10.0.0.1", **chain)

    here, there = {"x-forwarded-for": HERE}, {"x-forwarded-for": THERE}
    assert sign_in("ada", address="10.0.0.1", **here).status_code == 429
    assert sign_in("ada", address="10.0.0.1", **there).status_code == 302


@pytest.mark.parametrize("address", ["", "unix", "999.1.2.3"])
def test_callers_without_an_address_are_one(address, ada):
    fail("ada", 10, "not an address")

    assert sign_in("ada", address=address).status_code == 429


def test_success_clears_the_failures_of_that_person_from_there(ada):
    fail("ada", 9)
    fail("ada@example.com", 9)

    assert sign_in("ada").status_code == 302

    assert fail("ada", 10) == {200}
    assert fail("ada@example.com", 10) == {200}


def test_own_account_does_not_clear_what_was_tried_on_others(ada):
    for number in range(6):
        fail(f"account {number}", 9)
        assert sign_in("ada").status_code == 302
    # 54 failures; the successes count as none.

    assert fail("account 6", 6) == {200}
    assert sign_in("ada").status_code == 429


def test_right_password_of_a_person_who_is_not_staff_counts_as_wrong(hashes):
    people = get_user_model().objects
    people.create_user("customer", password=PASSWORD)
    hashes.clear()

    assert {sign_in("customer").status_code for _ in range(10)} == {200}
    assert sign_in("customer").status_code == 429
    assert hashes == ["verify"] * 10


def test_hash_that_was_refused_is_no_try(ada):
    fail("ada", 9)
    with hashing(), hashing():
        response = sign_in("ada")
        assert response.status_code == 503
        assert response["Retry-After"] == "1"
        assert "The server is checking other passwords." in screens.text_of(response)

    assert AuditEntry.objects.filter(action="signed_in").count() == 0
    assert fail("ada", 1) == {200}
    assert sign_in("ada").status_code == 429


def test_own_password_may_be_guessed_no_oftener(ada, hashes):
    client = Client()
    sign_in("ada", client=client)
    hashes.clear()
    new = {"new_password1": "quite another one", "new_password2": "quite another one"}

    def guess(old):
        return client.post(CHANGE, {"old_password": old, **new}, REMOTE_ADDR=HERE)

    assert {guess("wrong").status_code for _ in range(10)} == {200}
    response = guess(PASSWORD)

    assert response.status_code == 429
    assert "Too many tries." in screens.text_of(response)
    assert hashes == ["verify"] * 10
    assert get_user(client) == ada
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    # The same account from the same network.
    assert sign_in("ada").status_code == 429
    assert entries("own_password_refused") == [
        ("ada", "ada", HERE, [None, 1]),
        ("ada", "ada", HERE, [None, 5]),
        ("ada", "ada", HERE, [None, 10]),
    ]


def test_both_outcomes_stand_in_the_trail(ada):
    sign_in("ada", "wrong")
    sign_in("ADA@example.com")

    assert entries("signed_in", "sign_in_failed") == [
        ("somebody", "ada", HERE, [None, 1]),
        ("ada", "ada", HERE, None),
    ]


def test_failures_stand_in_the_trail_in_batches_that_say_how_many(ada):
    fail("ada", 300)

    assert entries("sign_in_failed") == [
        ("somebody", "ada", HERE, [None, 1]),
        ("somebody", "ada", HERE, [None, 5]),
        ("somebody", "ada", HERE, [None, 10]),
    ]
    last = AuditEntry.objects.latest("pk")
    assert last.changes["further_tries"] == [None, "refused for five minutes"]


def test_flood_from_everywhere_does_not_fill_the_trail():
    for number in range(130):
        fail(f"account {number}", 1, f"192.0.2.{number}")

    assert AuditEntry.objects.count() == ENTRIES.count == 100
    last = AuditEntry.objects.latest("pk")
    assert last.changes["further_entries"] == [None, "left out for up to an hour"]


def test_trail_goes_on_after_a_flood(ada, wall_clock):
    for number in range(130):
        fail(f"account {number}", 1, f"192.0.2.{number}")
    wall_clock.advance(minutes=73)

    fail("ada", 1)

    assert AuditEntry.objects.latest("pk").subject_name == "ada"


def test_what_was_typed_stands_nowhere(ada, caplog):
    caplog.set_level(logging.DEBUG)

    sign_in("a password in the wrong field", "another secret")
    sign_in("ada", "another secret")

    for text in (screens.database_dump(), caplog.text):
        assert "wrong field" not in text
        assert "another secret" not in text
    assert entries("sign_in_failed") == [
        ("somebody", "unknown account", HERE, [None, 1]),
        ("somebody", "ada", HERE, [None, 1]),
    ]


def test_both_outcomes_stand_in_the_log(ada, caplog):
    caplog.set_level(logging.INFO)

    sign_in("nobody", "wrong")
    sign_in("ada", "wrong")
    sign_in("ada")

    assert [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("apikeys")
    ] == [
        f"sign_in_failed: person unknown from {HERE}.",
        f"sign_in_failed: person {ada.pk} from {HERE}.",
        f"Person {ada.pk} signed in from {HERE}.",
    ]


def test_trail_says_it_in_plain_words_and_filters(as_reader, ada):
    fail("ada", 10)
    sign_in("ada", address=THERE)

    failed = screens.text_of(as_reader.get(f"{screens.AUDIT}?action=sign_in_failed"))
    signed_in = screens.text_of(as_reader.get(f"{screens.AUDIT}?action=signed_in"))
    strangers = screens.text_of(as_reader.get(f"{screens.AUDIT}?actor=stranger"))

    assert failed.count("somebody <small>Not signed in</small>") == 3
    assert failed.count(">Sign-in failed</span>") == 3
    assert "<small>failed tries</small> 10" in failed
    assert "<small>further tries</small> refused for five minutes" in failed
    assert signed_in.count(">Signed in</span>") == 1
    assert strangers.count(">Sign-in failed</span>") == 3
    assert strangers.count(">Signed in</span>") == 0


@pytest.mark.parametrize("given", [{}, {"username": "ada"}, {"password": PASSWORD}])
def test_half_of_a_sign_in_is_no_try(given, ada):
    assert authenticate(**given) is None
    assert TryCount.objects.count() == 0


def test_refused_try_costs_reads_alone(ada):
    fail("ada", 10)
    before = list(TryCount.objects.values())

    for _ in range(5):
        sign_in("ada")

    assert list(TryCount.objects.values()) == before
