"""Sessions of people, as a browser and as whoever reads the database see them."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from io import StringIO

import pytest
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.sessions.backends.base import UpdateError
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apikeys.organization.models import Person, PersonSession
from apikeys.organization.sessions import SessionStore
from apikeys.passwords import BoundedArgon2PasswordHasher
from tests.apikeys.pages import screens

pytestmark = pytest.mark.django_db

LOGIN = "/settings/login/"
PAGE = "/settings/password_change/"
COOKIE = "sessionid"
PASSWORD = "a long and good password"
NEW_PASSWORD = "quite another password"
HALF_A_DAY = timedelta(hours=12)
TWO_WEEKS = timedelta(days=14)


class TwoLanes(BoundedArgon2PasswordHasher):
    """As hashes were made before there was a bound."""

    time_cost = 1
    memory_cost = 16
    parallelism = 2


@pytest.fixture
def ada():
    people = get_user_model().objects
    return people.create_user("ada", password=PASSWORD, is_staff=True)


@pytest.fixture
def browser(ada):
    return _sign_in("ada")


def _sign_in(name, address="192.0.2.7", agent="Firefox"):
    client = Client(REMOTE_ADDR=address, headers={"user-agent": agent})
    response = client.post(LOGIN, {"username": name, "password": PASSWORD})
    assert response.status_code == 302
    return client


def key_of(client):
    return client.cookies[COOKIE].value


def with_key(key):
    client = Client()
    client.cookies[COOKIE] = key
    return client


def is_signed_in(client):
    return client.get(PAGE).status_code == 200


def test_row_says_who_from_where_with_what_and_when(browser, ada, wall_clock):
    browser = _sign_in("ada", "2001:db8::7", "Mozilla/5.0 (X11; Linux)")

    row = PersonSession.objects.get(address="2001:db8::7")
    assert (row.person, row.agent) == (ada, "Mozilla/5.0 (X11; Linux)")
    assert row.started_at == row.last_seen_at == wall_clock.now
    assert row.expires_at == wall_clock.now + HALF_A_DAY
    assert row.key_digest == sha256(key_of(browser).encode()).hexdigest()


def test_dump_of_the_database_opens_nothing(browser):
    dump = screens.database_dump()
    [row] = PersonSession.objects.all()

    assert key_of(browser) not in dump
    for text in (row.key_digest, row.key_digest[:32], row.data, str(row.person_id)):
        assert not is_signed_in(with_key(text))
    assert is_signed_in(with_key(key_of(browser)))


@pytest.mark.parametrize(
    "cookie",
    [
        pytest.param("", id="empty"),
        pytest.param("x" * 32, id="guessed"),
        pytest.param("x" * 4096, id="long"),
        pytest.param("a\x7fb\xff", id="odd-bytes"),
        pytest.param("' OR 1=1 --", id="sql"),
    ],
)
def test_hostile_cookie_is_nobody(cookie, browser):
    assert not is_signed_in(with_key(cookie))
    assert PersonSession.objects.count() == 1


@pytest.mark.parametrize(
    ("agent", "kept"),
    [
        pytest.param("x" * 5000, "x" * 200, id="long"),
        pytest.param("a\u202eb\u0007c", "abc", id="invisible-characters"),
        pytest.param("", "", id="none"),
    ],
)
def test_agent_is_bounded(agent, kept, ada):
    _sign_in("ada", agent=agent)

    assert PersonSession.objects.get().agent == kept


def test_caller_without_an_address_has_a_session(ada):
    _sign_in("ada", address="")

    assert PersonSession.objects.get().address is None


def test_key_changes_when_somebody_signs_in(ada):
    # A key that a stranger planted in the browser.
    planted = SessionStore()
    planted["seen"] = True
    planted.create()
    client = with_key(planted.session_key)

    client.post(LOGIN, {"username": "ada", "password": PASSWORD})

    assert key_of(client) != planted.session_key
    assert not is_signed_in(with_key(planted.session_key))
    assert PersonSession.objects.count() == 1


def test_session_ends_when_idle_for_half_a_day(browser, wall_clock):
    wall_clock.advance(days=1)
    browser = _sign_in("ada")

    wall_clock.advance(hours=11, minutes=59)
    assert is_signed_in(browser)
    wall_clock.advance(hours=12)
    assert not is_signed_in(browser)


def test_session_ends_after_two_weeks_however_busy(ada, wall_clock):
    browser = _sign_in("ada")
    started = wall_clock.now

    while is_signed_in(browser):
        wall_clock.advance(hours=6)

    assert wall_clock.now - started == TWO_WEEKS


def test_cookie_lives_no_longer_than_the_session_may(browser):
    cookie = browser.cookies[COOKIE]

    assert cookie["max-age"] == TWO_WEEKS.total_seconds()
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize(
    ("name", "seconds"), [("SESSION_IDLE_SECONDS", 600), ("SESSION_MAX_SECONDS", 300)]
)
def test_both_times_are_settings(name, seconds, ada, settings, wall_clock):
    setattr(settings, name, seconds)
    browser = _sign_in("ada")

    wall_clock.advance(seconds=seconds - 1)
    assert is_signed_in(browser)
    wall_clock.advance(seconds=seconds + 1)
    assert not is_signed_in(browser)


def test_last_seen_is_written_once_a_minute(ada, wall_clock):
    browser = _sign_in("ada")
    started = wall_clock.now

    wall_clock.advance(seconds=59)
    assert _writes(browser) == []
    wall_clock.advance(seconds=1)
    browser.defaults["REMOTE_ADDR"] = "198.51.100.1"
    assert len(_writes(browser)) == 1
    assert _writes(browser) == []

    [row] = PersonSession.objects.all()
    assert row.last_seen_at == wall_clock.now
    assert row.expires_at == wall_clock.now + HALF_A_DAY
    assert (row.started_at, row.address) == (started, "198.51.100.1")


def _writes(client):
    with CaptureQueriesContext(connection) as captured:
        assert is_signed_in(client)
    statements = [query["sql"] for query in captured]
    return [sql for sql in statements if not sql.startswith("SELECT")]


def test_stranger_costs_no_row(client):
    client.get(LOGIN)
    client.get("/settings/")
    client.post(LOGIN, {"username": "x", "password": "y"})

    assert PersonSession.objects.count() == 0


def test_signing_out_ends_the_session_and_no_other(browser):
    elsewhere = _sign_in("ada")
    key = key_of(browser)

    browser.post("/settings/logout/")

    assert not is_signed_in(with_key(key))
    assert is_signed_in(elsewhere)
    assert PersonSession.objects.count() == 1


def test_new_password_ends_all_sessions_and_goes_on_in_a_new_one(browser, ada):
    elsewhere, key = _sign_in("ada"), key_of(browser)
    form = {
        "old_password": PASSWORD,
        "new_password1": NEW_PASSWORD,
        "new_password2": NEW_PASSWORD,
    }

    response = browser.post(PAGE, form)

    assert response.status_code == 302
    assert is_signed_in(browser)
    assert key_of(browser) != key
    assert not is_signed_in(with_key(key))
    assert not is_signed_in(elsewhere)
    assert [row.person for row in PersonSession.objects.all()] == [ada]


def test_wrong_old_password_ends_nothing(browser):
    key = key_of(browser)

    browser.post(PAGE, {"old_password": "wrong"})

    assert is_signed_in(with_key(key))


def _changepassword(person, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda **prompt: NEW_PASSWORD)
    call_command("changepassword", person.username, stdout=StringIO())


def _deactivate(person, monkeypatch):
    person.is_active = False
    person.save()


def _deactivate_alone(person, monkeypatch):
    person.is_active = False
    person.save(update_fields=["is_active"])


def _delete(person, monkeypatch):
    person.delete()


@pytest.mark.parametrize(
    "end", [_changepassword, _deactivate, _deactivate_alone, _delete]
)
def test_sessions_of_that_person_end_with(end, browser, ada, monkeypatch):
    get_user_model().objects.create_user("bob", password=PASSWORD, is_staff=True)
    bobs = _sign_in("bob")

    end(ada, monkeypatch)

    assert PersonSession.objects.filter(person__username="ada").count() == 0
    assert not is_signed_in(browser)
    assert is_signed_in(bobs)


def test_session_does_not_come_back_with_the_person(browser, ada):
    for is_active in (False, True):
        ada.is_active = is_active
        ada.save()

    assert not is_signed_in(browser)


def test_person_without_access_any_more_is_out_at_once(browser, ada):
    Person.objects.filter(pk=ada.pk).update(is_active=False)

    assert not is_signed_in(browser)


def test_other_changes_of_a_person_end_nothing(browser, ada):
    ada.display_name = "Ada Lovelace"
    ada.save()

    assert is_signed_in(browser)


def test_password_hashed_anew_at_a_sign_in_does_not_end_that_session(ada):
    hashed = TwoLanes().encode(PASSWORD, "saltsalt")
    Person.objects.filter(pk=ada.pk).update(password=hashed)

    browser = _sign_in("ada")

    ada.refresh_from_db()
    assert ",p=1$" in ada.password
    assert is_signed_in(browser)


def test_request_that_meets_the_end_of_its_session_does_not_revive_it(ada):
    store = SessionStore()
    store["seen"] = True
    store.create()
    late = SessionStore(store.session_key)
    assert late["seen"]
    store.flush()

    late["seen"] = False
    with pytest.raises(UpdateError):
        late.save()

    assert PersonSession.objects.count() == 0


def test_clearsessions_removes_what_has_ended(ada, wall_clock):
    _sign_in("ada")
    wall_clock.advance(hours=6)
    kept = _sign_in("ada")
    wall_clock.advance(hours=6)

    call_command("clearsessions")

    assert PersonSession.objects.count() == 1
    assert is_signed_in(kept)


def test_page_costs_one_query_for_the_session(browser):
    with CaptureQueriesContext(connection) as captured:
        assert is_signed_in(browser)

    asked = [query["sql"] for query in captured if "personsession" in query["sql"]]
    assert len(asked) == 1


class Repeating(SessionStore):
    """Draws one and the same key twice before it draws another."""

    draws = ["a" * 32, "a" * 32, "b" * 32]

    def _get_new_session_key(self):
        return self.draws.pop(0)


def test_key_that_is_taken_is_drawn_again():
    first, second = Repeating(), Repeating()

    first.create()
    second.create()

    assert (first.session_key, second.session_key) == ("a" * 32, "b" * 32)
    assert PersonSession.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_session_of_nobody_is_not_stored(ada):
    store = SessionStore()
    store[SESSION_KEY] = ada.pk + 1

    with pytest.raises(IntegrityError):
        store.create()

    assert PersonSession.objects.count() == 0


def test_session_that_is_not_stored_has_nothing_to_delete(browser):
    SessionStore().delete()

    assert PersonSession.objects.count() == 1
