"""What ends something for good asks first, and says who still uses what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.keys.models import ApiKey, KeySecret
from apikeys.keys.rotation import rotate_key
from apikeys.keys.services import deactivate_key
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory
from tests.plugin_tokens import bearer

DAY = timedelta(days=1)
ENDS = {
    "end-rotation/": "Calls with the old token may fail",
    "cancel-rotation/": "Calls with the new token may fail",
}


@pytest.fixture
def issued(db):
    return IssuedFactory(fields__name="Billing", fields__endpoints=())


@pytest.fixture
def new(issued):
    return rotate_key(issued.key.key_id, overlap=DAY, actor=OPERATOR, at=timezone.now())


def used(secret, ago, address="192.0.2.9"):
    secret.update(last_used_at=timezone.now() - ago, last_used_address=address)


def old_secret():
    return KeySecret.objects.exclude(expires_at=None)


def new_secret():
    return KeySecret.objects.filter(expires_at=None)


@pytest.mark.parametrize("action", [*ENDS, "deactivate/"])
def test_a_look_at_the_question_changes_nothing(action, as_administrator, issued, new):
    before = screens.state()

    page = as_administrator.get(screens.page_of(issued.key, action))

    assert page.status_code == 200
    assert "Billing" in screens.text_of(page)
    assert screens.state() == before


@pytest.mark.parametrize(
    ("action", "which"),
    [("end-rotation/", old_secret), ("cancel-rotation/", new_secret)],
)
def test_token_in_use_ends_only_with_its_tick(
    action, which, as_administrator, issued, new
):
    used(which(), timedelta(hours=23))
    path = screens.page_of(issued.key, action)
    before = screens.state()

    asked = as_administrator.get(path)
    refused = as_administrator.post(path)

    assert ENDS[action] in screens.text_of(asked)
    assert "<code>192.0.2.9</code>" in screens.text_of(asked)
    assert screens.errors_beside_fields(refused) == {"confirmed": ["Tick this first."]}
    assert screens.state() == before

    as_administrator.post(path, {"confirmed": "on"})
    assert KeySecret.objects.count() == 1


@pytest.mark.parametrize("action", ENDS)
def test_token_that_was_quiet_for_a_day_needs_no_tick(
    action, as_administrator, issued, new
):
    used(KeySecret.objects.all(), DAY + timedelta(minutes=1))
    path = screens.page_of(issued.key, action)

    asked = as_administrator.get(path)
    as_administrator.post(path)

    assert 'name="confirmed"' not in screens.text_of(asked)
    assert KeySecret.objects.count() == 1


@pytest.mark.parametrize("action", ENDS)
def test_answer_to_an_older_question_does_nothing(
    action, as_administrator, issued, new
):
    ApiKey.objects.update(version=7)
    path = screens.page_of(issued.key, action)
    before = screens.state()

    page = as_administrator.post(path, {"version": "6"}, follow=True)

    assert screens.notes(page)[0].startswith(
        "Somebody changed this after you opened the form"
    )
    assert screens.state() == before


def test_new_token_that_nobody_has_used_is_named(as_administrator, issued, new):
    asked = as_administrator.get(screens.page_of(issued.key, "end-rotation/"))

    assert "Nobody has used the new token yet:" in screens.text_of(asked)


def test_without_a_rotation_the_question_leads_back(as_administrator, issued):
    page = as_administrator.get(
        screens.page_of(issued.key, "end-rotation/"), follow=True
    )

    assert page.redirect_chain == [(screens.page_of(issued.key), 302)]
    assert screens.notes(page)[0] == "No rotation is under way."


def test_inactive_key_is_not_asked_about_and_not_touched(as_administrator, issued):
    deactivate_key(issued.key.key_id, actor=OPERATOR, at=timezone.now())
    before = screens.state()

    page = as_administrator.get(screens.page_of(issued.key, "deactivate/"), follow=True)

    assert screens.notes(page)[0] == "The key is already inactive."
    assert screens.state() == before


def test_uses_of_this_moment_stand_in_the_card_and_in_the_question(
    as_administrator, client, issued, new, settings
):
    settings.LAST_USE_FLUSH_SECONDS = 3600
    used(KeySecret.objects.all(), timedelta(minutes=30), "198.51.100.7")
    for token in (issued.token, new.token):
        assert client.get("/api/whoami", **bearer(token.text)).status_code == 200

    for part in ("", "end-rotation/"):
        text = screens.text_of(as_administrator.get(screens.page_of(issued.key, part)))

        assert "198.51.100.7" not in text
        assert "30 minutes ago" not in text


@pytest.mark.parametrize(
    ("uses", "advice"),
    [
        ((None, None), "Nobody has used the new token yet."),
        ((timedelta(hours=1), None), "Nobody has used the new token yet."),
        ((timedelta(hours=1), timedelta(hours=1)), "The old token is still in use."),
        ((2 * DAY, timedelta(hours=1)), "it can end."),
        ((None, timedelta(hours=1)), "it can end."),
    ],
)
def test_rotation_card_says_what_to_do_next(uses, advice, as_reader, issued, new):
    for secret, use in zip((old_secret(), new_secret()), uses, strict=True):
        if use is not None:
            used(secret, use)

    text = screens.text_of(as_reader.get(screens.page_of(issued.key)))

    [said] = [line for line in text.splitlines() if 'class="advice' in line]
    assert advice in said
    assert "End the old token now" not in text


@pytest.mark.parametrize(
    ("hours", "says"),
    [(24, "The old token works until"), (0, "The old token stopped with this.")],
)
def test_new_token_comes_with_how_long_the_old_one_lives(
    hours, says, as_administrator, issued
):
    issued.key.refresh_from_db()
    form = screens.rotate_form(issued.key, overlap=str(hours))

    page = as_administrator.post(screens.page_of(issued.key, "rotate/"), form)

    assert says in screens.text_of(page)


def test_first_token_says_nothing_of_an_old_one(as_administrator):
    page = as_administrator.post(screens.ADD, screens.issue_form())

    assert "The old token" not in screens.text_of(page)
