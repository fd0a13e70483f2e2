from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import OPERATOR
from apikeys.keys.services import deactivate_key, delete_key
from tests.apikeys.pages.screens import database_dump, state
from tests.factories import IssuedFactory, PersonFactory, RoleFactory

UNKNOWN = "There is no key with this ID, or it is deleted."


def passes(client, token):
    headers = {"Authorization": f"Bearer {token}"}
    return client.get("/api/whoami", headers=headers).status_code == 200


@pytest.fixture
def open_key(db):
    return IssuedFactory(fields__name="Billing")


def test_the_new_token_stands_alone_and_both_work(run, client, open_key):
    ran = run("rotate_api_key", open_key.key.key_id)

    new = ran.out.strip()
    older = open_key.key.secrets.exclude(expires_at=None).get()
    newer = open_key.key.secrets.get(expires_at=None)
    assert (ran.out, ran.err) == (f"{new}\n", "")
    assert older.expires_at - newer.created_at == timedelta(days=7)
    assert [passes(client, token) for token in (open_key.token.text, new)] == [
        True,
        True,
    ]
    assert new.rpartition("_")[2] not in database_dump()


def test_now_stops_the_old_token_at_once(run, client, open_key):
    new = run("rotate_api_key", open_key.key.key_id, "--now").out.strip()

    assert [passes(client, token) for token in (open_key.token.text, new)] == [
        False,
        True,
    ]


def test_an_overlap_is_as_long_as_it_was_asked_for(run, key):
    run("rotate_api_key", key.key_id, "--overlap", "12h")

    older = key.secrets.exclude(expires_at=None).get()
    newer = key.secrets.get(expires_at=None)
    assert older.expires_at - newer.created_at == timedelta(hours=12)


def test_json_has_the_parts_of_the_new_token(run, key):
    values = json.loads(run("rotate_api_key", key.key_id, "--json").out)

    assert values == {
        "id": key.key_id,
        "token": f"{key.key_id}_{values['api_key']}",
        "api_id": key.key_id,
        "api_key": values["token"].rpartition("_")[2],
    }


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--overlap", "8d"), "overlap: The overlap is between 0 and 7 days."),
        (("--overlap", "x"), "'x' is no duration; write 7d, 12h or 30m."),
        (("--overlap", "-1d"), "expected one argument"),
        (("--overlap", "1d", "--now"), "not allowed with argument"),
        (("--as", "nobody"), "There is no active person 'nobody'."),
    ],
)
def test_a_refused_rotation_changes_nothing(arguments, text, run, key):
    before = state()

    ran = run("rotate_api_key", key.key_id, *arguments)

    assert text in ran.refusal
    assert (ran.code, ran.out) == (1, "")
    assert state() == before


def test_a_second_rotation_waits_for_the_first(run, key):
    run("rotate_api_key", key.key_id)
    before = state()

    ran = run("rotate_api_key", key.key_id)

    assert ran.refusal == (
        "A rotation is under way. End it or cancel it before the next one."
    )
    assert (ran.out, state()) == ("", before)


def test_an_inactive_key_is_not_rotated(run, key):
    deactivate_key(key.key_id, actor=OPERATOR, at=timezone.now())

    ran = run("rotate_api_key", key.key_id)

    assert ran.refusal == "An inactive or expired key cannot be rotated."


def test_nobody_in_whose_name_it_runs_gets_a_stronger_token(run):
    role = RoleFactory(name="People", permissions=["apikeys.change_person"])
    key = IssuedFactory(roles=[role]).key
    PersonFactory(username="ada", roles=["Administrator"])

    ran = run("rotate_api_key", key.key_id, "--as", "ada")

    assert ran.refusal == (
        "You cannot grant permissions that you do not hold. People: change."
    )
    assert ran.out == ""


def test_cancelling_keeps_the_old_token(run, client, open_key):
    key_id = open_key.key.key_id
    new = run("rotate_api_key", key_id).out.strip()

    ran = run("cancel_rotation", key_id)

    assert (ran.out, ran.err) == (
        "",
        f"{key_id} (Billing): rotation cancelled, the old token stays.\n",
    )
    assert [passes(client, token) for token in (open_key.token.text, new)] == [
        True,
        False,
    ]


def test_ending_keeps_the_new_token(run, client, open_key):
    key_id = open_key.key.key_id
    new = run("rotate_api_key", key_id).out.strip()

    ran = run("end_rotation", key_id)

    assert (ran.out, ran.err) == (
        "",
        f"{key_id} (Billing): rotation ended, the new token stays.\n",
    )
    assert [passes(client, token) for token in (open_key.token.text, new)] == [
        False,
        True,
    ]


@pytest.mark.parametrize("command", ["cancel_rotation", "end_rotation"])
def test_without_a_rotation_there_is_nothing_to_do(command, run, key):
    before = state()

    ran = run(command, key.key_id)

    assert (ran.refusal, ran.code) == ("No rotation is under way.", 1)
    assert state() == before


@pytest.mark.parametrize(
    "command", ["rotate_api_key", "cancel_rotation", "end_rotation"]
)
def test_an_unknown_and_a_deleted_key_are_refused_alike(command, run, key):
    delete_key(key.key_id, actor=OPERATOR, at=timezone.now())

    refusals = [run(command, each) for each in (key.key_id, "kd_0000000000000000", "x")]

    assert [ran.refusal for ran in refusals] == [UNKNOWN] * 3
    assert [ran.out for ran in refusals] == [""] * 3


def test_each_step_is_audited_as_a_command(run, key):
    run("rotate_api_key", key.key_id)
    run("cancel_rotation", key.key_id)
    run("rotate_api_key", key.key_id)
    run("end_rotation", key.key_id)

    entries = AuditEntry.objects.order_by("pk")[1:]
    assert [(entry.action, entry.actor_kind) for entry in entries] == [
        ("key_rotated", "command"),
        ("rotation_cancelled", "command"),
        ("key_rotated", "command"),
        ("rotation_ended", "command"),
    ]
