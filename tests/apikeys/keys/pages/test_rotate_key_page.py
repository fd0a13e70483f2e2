from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import OPERATOR
from apikeys.keys.models import KeySecret
from apikeys.keys.services import deactivate_key
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory


@pytest.fixture
def issued(db):
    return IssuedFactory(fields__name="Billing")


def rotate(client, key, **given):
    key.refresh_from_db()
    return client.post(
        screens.page_of(key, "rotate/"), screens.rotate_form(key, **given)
    )


def passes(client, token):
    headers = {"Authorization": f"Bearer {token}"}
    return client.get("/api/whoami", headers=headers).status_code == 200


@pytest.mark.parametrize("hours", [168, 24, 1])
def test_both_tokens_work_for_the_chosen_overlap(
    hours, as_administrator, client, issued
):
    response = rotate(as_administrator, issued.key, overlap=str(hours))

    new = screens.shown_value(response, "token")
    older = issued.key.secrets.exclude(expires_at=None).get()
    newer = issued.key.secrets.get(expires_at=None)
    assert older.expires_at - newer.created_at == timedelta(hours=hours)
    assert new.startswith(f"{issued.key.key_id}_")
    assert [passes(client, token) for token in (issued.token.text, new)] == [True, True]


def test_without_an_overlap_the_old_token_stops_at_once(
    as_administrator, client, issued
):
    response = rotate(as_administrator, issued.key, overlap="0")

    new = screens.shown_value(response, "token")
    assert [passes(client, token) for token in (issued.token.text, new)] == [
        False,
        True,
    ]
    assert issued.key.secrets.count() == 1


def test_the_overlap_never_reaches_past_the_expiry(as_administrator, db):
    expires_at = timezone.now() + timedelta(hours=5)
    key = IssuedFactory(expires_at=expires_at).key

    rotate(as_administrator, key)

    assert key.secrets.exclude(expires_at=None).get().expires_at == expires_at


@pytest.mark.parametrize("overlap", ["169", "-1", "7", "", "x", "1.5"])
def test_an_overlap_that_is_not_offered_is_refused(overlap, as_administrator, issued):
    before = screens.state()

    response = rotate(as_administrator, issued.key, overlap=overlap)

    assert list(screens.errors_beside_fields(response)) == ["overlap"]
    assert screens.state() == before


def test_a_rotation_sent_twice_shows_no_second_secret(as_administrator, issued):
    form = screens.rotate_form(issued.key)
    path = screens.page_of(issued.key, "rotate/")
    first = as_administrator.post(path, form)
    before = screens.state()

    second = as_administrator.post(path, form)

    assert second.status_code == 409
    assert f"It made <code>{issued.key.key_id}</code>." in screens.text_of(second)
    assert screens.shown_value(first, "api-key") not in screens.text_of(second)
    assert screens.state() == before


def test_a_second_rotation_is_refused_while_one_is_under_way(as_administrator, issued):
    rotate(as_administrator, issued.key)
    before = screens.state()

    response = rotate(as_administrator, issued.key)

    assert screens.errors_beside_fields(response) == {
        "": ["A rotation is under way. End it or cancel it before the next one."]
    }
    assert screens.state() == before


def test_of_two_people_with_the_form_open_only_one_rotates(
    as_administrator, as_superuser, issued
):
    forms = [screens.rotate_form(issued.key, overlap="0") for _ in range(2)]
    path = screens.page_of(issued.key, "rotate/")
    as_superuser.post(path, forms[0])
    before = screens.state()

    response = as_administrator.post(path, forms[1])

    assert 'id="token"' not in screens.text_of(response)
    assert screens.state() == before


def test_an_inactive_key_cannot_be_rotated(as_administrator, issued):
    deactivate_key(issued.key.key_id, actor=OPERATOR, at=timezone.now())
    before = screens.state()

    response = rotate(as_administrator, issued.key)

    assert screens.errors_beside_fields(response) == {
        "": ["An inactive or expired key cannot be rotated."]
    }
    assert screens.state() == before


def test_an_expired_key_cannot_be_rotated_into_life(as_administrator, db):
    now = timezone.now()
    key = IssuedFactory(at=now - timedelta(days=9), expires_at=now).key

    response = rotate(as_administrator, key)

    assert 'id="token"' not in screens.text_of(response)
    assert key.secrets.count() == 1


def test_the_key_page_offers_a_rotation_only_where_one_is_possible(
    as_administrator, issued
):
    link = screens.page_of(issued.key, "rotate/")

    before = screens.text_of(as_administrator.get(screens.page_of(issued.key)))
    rotate(as_administrator, issued.key)
    during = screens.text_of(as_administrator.get(screens.page_of(issued.key)))

    assert (link in before, link in during) == (True, False)
    assert "Rotation under way" in during


def test_a_cancelled_rotation_keeps_the_old_token(as_administrator, client, issued):
    new = screens.shown_value(rotate(as_administrator, issued.key), "token")

    response = as_administrator.post(
        screens.page_of(issued.key, "cancel-rotation/"), follow=True
    )

    assert [passes(client, token) for token in (issued.token.text, new)] == [
        True,
        False,
    ]
    assert screens.notes(response)[0] == (
        "Rotation of “Billing” cancelled: the old token stays, the new one is void."
    )
    assert KeySecret.objects.get().expires_at is None


def test_an_ended_rotation_keeps_the_new_token(as_administrator, client, issued):
    new = screens.shown_value(rotate(as_administrator, issued.key), "token")

    response = as_administrator.post(
        screens.page_of(issued.key, "end-rotation/"), follow=True
    )

    assert [passes(client, token) for token in (issued.token.text, new)] == [
        False,
        True,
    ]
    assert screens.notes(response)[0] == (
        "Rotation of “Billing” ended: the old token is void."
    )


@pytest.mark.parametrize("action", ["cancel-rotation/", "end-rotation/"])
def test_without_a_rotation_there_is_nothing_to_cancel_or_end(
    action, as_administrator, issued
):
    before = screens.state()

    response = as_administrator.post(screens.page_of(issued.key, action), follow=True)

    assert screens.notes(response)[0] == "No rotation is under way."
    assert screens.state() == before


def test_rotations_are_audited_step_by_step(as_administrator, issued):
    rotate(as_administrator, issued.key)
    as_administrator.post(screens.page_of(issued.key, "cancel-rotation/"))
    rotate(as_administrator, issued.key)
    as_administrator.post(screens.page_of(issued.key, "end-rotation/"))

    entries = AuditEntry.objects.filter(actor="ada").order_by("pk")
    assert [entry.action for entry in entries] == [
        "key_rotated",
        "rotation_cancelled",
        "key_rotated",
        "rotation_ended",
    ]
