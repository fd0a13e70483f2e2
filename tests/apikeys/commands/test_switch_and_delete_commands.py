from __future__ import annotations

import pytest
from django.utils import timezone

from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import OPERATOR
from apikeys.keys.services import delete_key
from tests.apikeys.pages.screens import state
from tests.factories import IssuedFactory, PersonFactory

UNKNOWN = "There is no key with this ID, or it is deleted."
COMMANDS = {
    "deactivate_api_key": (),
    "activate_api_key": (),
    "delete_api_key": ("--yes",),
    "cancel_rotation": (),
    "end_rotation": (),
    "rotate_api_key": (),
    "update_api_key": ("--name", "Renamed"),
}


def test_a_key_is_switched_off_and_on_again(run, client):
    issued = IssuedFactory(fields__name="Billing")
    headers = {"Authorization": f"Bearer {issued.token.text}"}
    key_id = issued.key.key_id

    off = run("deactivate_api_key", key_id)
    refused = client.get("/api/whoami", headers=headers)
    on = run("activate_api_key", key_id)
    passed = client.get("/api/whoami", headers=headers)

    assert (off.out, off.err) == ("", f"{key_id} (Billing): inactive.\n")
    assert (on.out, on.err) == ("", f"{key_id} (Billing): active.\n")
    assert (refused.status_code, passed.status_code) == (401, 200)


def test_switching_a_key_that_is_so_already_is_refused(run, key):
    ran = run("activate_api_key", key.key_id)

    assert (ran.refusal, ran.code) == ("The key is already active.", 1)


def test_a_key_is_not_deleted_without_a_yes(run, key):
    before = state()

    ran = run("delete_api_key", key.key_id)

    assert ran.refusal == "Deleting cannot be undone. Add --yes if you are sure."
    assert state() == before


def test_a_deleted_key_stays_as_a_tombstone_without_secrets(run, key):
    ran = run("delete_api_key", key.key_id, "--yes")

    key.refresh_from_db()
    assert ran.err == f"{key.key_id} (Billing): deleted.\n"
    assert (key.is_deleted, key.secrets.count()) == (True, 0)


@pytest.mark.parametrize("command", ["deactivate_api_key", "delete_api_key"])
def test_the_audit_entry_names_the_command(command, run, key):
    run(command, key.key_id, *COMMANDS[command])

    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor_kind, entry.actor, entry.subject_id, entry.subject_name) == (
        "command",
        "operator",
        key.key_id,
        "Billing",
    )


@pytest.mark.parametrize(
    "command", ["activate_api_key", "deactivate_api_key", "delete_api_key"]
)
def test_an_unknown_and_a_deleted_key_are_refused_alike(command, run, key):
    delete_key(key.key_id, actor=OPERATOR, at=timezone.now())
    before = state()

    refusals = {
        run(command, key_id, *COMMANDS[command]).refusal
        for key_id in (key.key_id, "kd_0000000000000000", "", "x", "é")
    }

    assert refusals == {UNKNOWN}
    assert state() == before


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("who", "text"),
    [
        ("rae", "'rae' may not manage APIs."),
        ("olaf", "'olaf' may not manage APIs."),
        ("gone", "There is no active person 'gone'."),
        ("nobody", "There is no active person 'nobody'."),
    ],
)
def test_nobody_does_by_command_what_they_may_not_do_on_screen(
    who, text, command, run, key
):
    PersonFactory(username="rae", roles=["Account Reader"])
    PersonFactory(username="olaf")
    PersonFactory(username="gone", is_active=False, is_superuser=True)
    before = state()

    ran = run(command, key.key_id, *COMMANDS[command], "--as", who)

    assert (ran.refusal, ran.out) == (text, "")
    assert state() == before


def test_a_person_who_may_is_named_in_the_audit_trail(run, key):
    PersonFactory(username="ada", roles=["Administrator"])

    run("deactivate_api_key", key.key_id, "--as", "ada")

    entry = AuditEntry.objects.get(action="key_deactivated")
    assert (entry.actor_kind, entry.actor) == ("command", "ada")


@pytest.mark.parametrize(
    ("command", "would"),
    [
        ("delete_api_key", "would be deleted."),
        (
            "cancel_rotation",
            "the new token would be dropped, the old one would stay.",
        ),
        ("end_rotation", "the old token would be dropped, the new one would stay."),
    ],
)
def test_a_dry_run_says_what_would_be_done_and_changes_nothing(
    command, would, run, key
):
    run("rotate_api_key", key.key_id)
    before = state()

    ran = run(command, key.key_id, "--dry-run")

    assert (ran.out, ran.err) == ("", f"{key.key_id} (Billing): {would}\n")
    assert state() == before


@pytest.mark.parametrize("command", ["delete_api_key", "end_rotation"])
def test_a_dry_run_is_refused_where_the_command_would_be(command, run, key):
    PersonFactory(username="rae", roles=["Account Reader"])

    unknown = run(command, "kd_0000000000000000", "--dry-run")
    not_theirs = run(command, key.key_id, "--dry-run", "--as=rae")

    assert (unknown.refusal, not_theirs.refusal) == (
        UNKNOWN,
        "'rae' may not manage APIs.",
    )
