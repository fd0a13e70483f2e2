from __future__ import annotations

import threading

import pytest
from django.conf import settings as project_settings
from django.contrib.auth.hashers import check_password, get_hasher, make_password

from apikeys.passwords import BoundedArgon2PasswordHasher, TooManyHashes, hashing
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory

# Of "a good password", made with Django's own parameters of eight lanes, less memory.
OF_EIGHT_LANES = "argon2$argon2id$v=19$m=512,t=2,p=8$c2FsdHNhbHQ$x7B+3igF+vPc7k4PYPOhSg"


@pytest.fixture
def product_hasher():
    """The hasher as it is in production: the tests' own one is quicker."""
    return BoundedArgon2PasswordHasher()


def test_hash_takes_one_core(product_hasher):
    encoded = product_hasher.encode("a good password", "saltsaltsalt")

    assert encoded.startswith("argon2$argon2id$v=19$m=102400,t=2,p=1$")
    assert product_hasher.verify("a good password", encoded)
    assert not product_hasher.verify("another", encoded)


def test_hash_of_several_lanes_verifies_and_is_made_anew():
    made_anew: list[str] = []

    assert check_password("a good password", OF_EIGHT_LANES, made_anew.append)
    assert not check_password("another", OF_EIGHT_LANES, made_anew.append)
    assert made_anew == ["a good password"]


def test_hasher_of_the_tests_is_bounded_like_the_product():
    assert isinstance(get_hasher(), BoundedArgon2PasswordHasher)


def test_two_hashes_at_once_are_calculated_and_a_third_is_refused():
    encoded = make_password("right")

    assert project_settings.PASSWORD_HASHES_AT_ONCE == 2
    with hashing():
        assert check_password("right", encoded)
        with hashing():
            with pytest.raises(TooManyHashes):
                check_password("right", encoded)
            with pytest.raises(TooManyHashes):
                make_password("new")
        assert check_password("right", encoded)


def test_places_are_shared_by_threads():
    refused = []

    def check():
        try:
            make_password("x")
        except TooManyHashes as error:
            refused.append(error)

    with hashing(), hashing():
        thread = threading.Thread(target=check)
        thread.start()
        thread.join()

    assert len(refused) == 1


def test_place_is_free_again_after_an_error():
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), hashing():
            raise ZeroDivisionError

    with hashing(), hashing():
        pass


@pytest.mark.parametrize("number", [1, 3])
def test_number_is_a_setting(number, settings):
    settings.PASSWORD_HASHES_AT_ONCE = number
    held = [hashing() for _ in range(number)]
    for place in held:
        place.__enter__()
    try:
        with pytest.raises(TooManyHashes):
            make_password("x")
    finally:
        for place in held:
            place.__exit__(None, None, None)


def test_page_that_hashes_is_told_to_come_back_and_nothing_is_changed(
    as_administrator, settings
):
    key = IssuedFactory(key_type="webservice_standard").key
    form = {"password": "a good password", "nonce": screens.nonce()}
    before = screens.state()
    settings.PASSWORD_HASHES_AT_ONCE = 0

    response = as_administrator.post(screens.page_of(key, "password/"), form)

    assert response.status_code == 503
    assert response["Retry-After"] == "1"
    assert "no-store" in response["Cache-Control"]
    text = screens.text_of(response)
    assert "The server is checking other passwords. Nothing was changed" in text
    assert "a good password" not in text
    assert screens.state() == before

    # The same form, nonce and all, once there is room.
    settings.PASSWORD_HASHES_AT_ONCE = 2
    response = as_administrator.post(screens.page_of(key, "password/"), form)

    assert screens.shown_value(response, "api-password") == "a good password"
