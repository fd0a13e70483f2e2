"""A key whose end is near says so and offers a second one like it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.keys.models import ApiKey
from apikeys.keys.services import delete_key
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory, LocationFactory

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def page(client, key):
    return screens.text_of(client.get(screens.page_of(key)))


def values_of(response):
    form = response.context["form"]
    return {name: form[name].value() for name in form.fields}


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (-DAY, "expired"),
        (20 * MINUTE, "less than an hour left"),
        (60 * MINUTE + MINUTE, "1 hour left"),
        (DAY + MINUTE, "1 day left"),
        (7 * DAY - MINUTE, "6 days left"),
        (31 * DAY + MINUTE, "31 days left"),
    ],
)
def test_page_says_how_long_a_key_still_lives(left, said, as_reader, db):
    now = timezone.now()
    key = IssuedFactory(at=now - 40 * DAY, expires_at=now + left).key

    text = page(as_reader, key)

    assert f">{said}</span>" in text
    # Within 30 days it is a note of its own.
    assert ("An expiry is fixed; a duplicate" in text) is (left < 30 * DAY)


def test_key_without_expiry_says_nothing_of_days(as_reader, db):
    assert (
        "left"
        not in page(as_reader, IssuedFactory(expires_at=None).key)
        .partition("Expires (fixed)")[2]
        .partition("</dl>")[0]
    )


@pytest.mark.parametrize(
    ("who", "offered"), [("as_administrator", True), ("as_reader", False)]
)
def test_duplicate_is_offered_to_those_who_may(who, offered, request, key):
    text = page(request.getfixturevalue(who), key)

    assert (f"{screens.ADD}?from={key.key_id}" in text) is offered


def test_duplicate_has_the_settings_a_token_of_its_own_and_a_new_expiry(
    as_administrator, db
):
    now = timezone.now()
    key = IssuedFactory(
        at=now - 29 * DAY,
        expires_at=now + DAY,
        fields__name="Billing",
        fields__networks=("10.0.0.0/8", "2001:db8::/32"),
        fields__endpoints=("GET /api/egress/*",),
        fields__read_only=True,
        fields__accepts_parameters=True,
        fields__note="Ask Eve",
    ).key
    path = f"{screens.ADD}?from={key.key_id}"

    form = as_administrator.get(path)
    values = values_of(form)
    sent = {name: value for name, value in values.items() if value not in (None, False)}
    made = as_administrator.post(path, sent)

    copy = ApiKey.objects.exclude(pk=key.pk).get()
    kept = (
        *("key_type", "networks", "endpoints", "read_only", "accepts_parameters"),
        *("note", "public_url", "location_id"),
    )
    assert "Duplicate “Billing”" in screens.text_of(form)
    assert [getattr(copy, name) for name in kept] == [
        getattr(key, name) for name in kept
    ]
    assert list(copy.roles.all()) == list(key.roles.all())
    assert copy.name == "Billing copy"
    assert copy.expires_at is not None
    assert timedelta(days=29) < copy.expires_at - now < timedelta(days=31)
    assert screens.shown_value(made, "token").startswith(f"{copy.key_id}_")


def test_open_key_stays_open_on_purpose_and_never_stays_never(as_administrator, db):
    key = IssuedFactory(expires_at=None, fields__networks=(), fields__endpoints=()).key

    values = values_of(as_administrator.get(f"{screens.ADD}?from={key.key_id}"))

    assert (values["open_to_any_address"], values["all_endpoints"]) == (True, True)
    assert values["expires"] == "never"


def test_password_is_not_copied(as_administrator, db):
    key = IssuedFactory(key_type="webservice_premium", fields__endpoints=()).key

    response = as_administrator.get(f"{screens.ADD}?from={key.key_id}")

    assert not values_of(response)["password"]
    assert key.password not in screens.text_of(response)


def test_duplicate_stays_with_the_location(as_administrator, db):
    location = LocationFactory(name="North")
    key = IssuedFactory(location=location).key
    path = f"{screens.ADD}?from={key.key_id}"

    text = screens.text_of(as_administrator.get(path))
    as_administrator.post(path, screens.issue_form(name="Another"))

    assert "It belongs to the location North too." in text
    assert ApiKey.objects.get(name="Another").location == location


@pytest.mark.parametrize(
    ("name", "taken", "expected"),
    [
        ("Billing", [], "Billing copy"),
        ("Billing", ["Billing copy"], "Billing copy 2"),
        ("Billing", ["Billing copy", "Billing copy 2"], "Billing copy 3"),
        ("W" * 100, [], "W" * 95 + " copy"),
        ("W" * 100, ["W" * 95 + " copy"], "W" * 93 + " copy 2"),
    ],
)
def test_duplicate_has_a_free_name(name, taken, expected, as_administrator, db):
    key = IssuedFactory(fields__name=name).key
    for each in taken:
        IssuedFactory(fields__name=each)

    values = values_of(as_administrator.get(f"{screens.ADD}?from={key.key_id}"))

    assert values["name"] == expected


def test_deleted_key_can_be_duplicated_and_stays_deleted(as_administrator, key):
    delete_key(key.key_id, actor=OPERATOR, at=timezone.now())

    response = as_administrator.get(f"{screens.ADD}?from={key.key_id}")

    assert values_of(response)["networks"] == "10.0.0.0/8"


@pytest.mark.parametrize("key_id", ["kd_0000000000000000", "nonsense", "\x00"])
def test_duplicate_of_no_key_is_not_found(key_id, as_administrator):
    assert as_administrator.get(screens.ADD, {"from": key_id}).status_code == 404


def test_reader_makes_no_duplicate(as_reader, key):
    before = screens.state()

    response = as_reader.post(
        f"{screens.ADD}?from={key.key_id}", screens.issue_form(name="Another")
    )

    assert response.status_code == 403
    assert screens.state() == before
