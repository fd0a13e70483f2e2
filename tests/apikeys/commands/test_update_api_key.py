from __future__ import annotations

import pytest
from django.utils import timezone

from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import OPERATOR
from apikeys.keys.services import delete_key
from tests.apikeys.pages.screens import state
from tests.factories import IssuedFactory


def test_what_is_given_changes_and_the_rest_stays(run, key):
    ran = run("update_api_key", key.key_id, "--name", "Invoices", "--note", "For Ada")

    key.refresh_from_db()
    assert (ran.out, ran.err) == ("", f"{key.key_id} is changed.\n")
    assert (key.name, key.note) == ("Invoices", "For Ada")
    assert (key.networks, key.endpoints) == (["10.0.0.0/8"], ["/api/egress/*"])


def test_a_list_that_is_given_replaces_the_whole_list(run, key):
    run(
        "update_api_key",
        key.key_id,
        "--allow-ip=192.0.2.1",
        "--allow-ip=::1",
        "--endpoint=/api/ingress/*",
        "--accept-parameters",
    )

    key.refresh_from_db()
    assert key.networks == ["192.0.2.1/32", "::1/128"]
    assert key.endpoints == ["/api/ingress/*"]
    assert key.accepts_parameters is True


def test_a_list_is_emptied_by_its_name_only(run, key):
    run("update_api_key", key.key_id, "--open-to-any-address", "--all-endpoints")

    key.refresh_from_db()
    assert (key.networks, key.endpoints) == ([], [])


def test_a_switch_can_be_turned_off_and_a_text_emptied(run):
    key = IssuedFactory(
        fields__accepts_parameters=True, fields__note="Old", fields__networks=()
    ).key

    run("update_api_key", key.key_id, "--no-accept-parameters", "--note", "")

    key.refresh_from_db()
    assert (key.accepts_parameters, key.note, key.networks) == (False, "", [])


def test_read_only_is_turned_on_and_off_and_otherwise_stays(run, key):
    stored = []
    for arguments in (["--read-only"], ["--note=x"], ["--no-read-only"], ["--note="]):
        run("update_api_key", key.key_id, *arguments)
        key.refresh_from_db()
        stored.append(key.read_only)

    assert stored == [True, True, False, False]
    changes = AuditEntry.objects.filter(changes__has_key="read_only").order_by("pk")
    assert [entry.changes["read_only"] for entry in changes] == [
        [False, True],
        [True, False],
    ]


def test_methods_of_an_endpoint_are_kept_when_another_option_changes(run, key):
    run("update_api_key", key.key_id, "--endpoint", "HEAD,post /a", "--endpoint=/b")
    run("update_api_key", key.key_id, "--note", "For Ada")

    key.refresh_from_db()
    assert (key.endpoints, key.note) == (["GET,POST /a", "/b"], "For Ada")


@pytest.mark.parametrize(
    ("box", "option"),
    [
        ("--open-to-any-address", "--allow-ip=10.0.0.1"),
        ("--all-endpoints", "--endpoint=/a"),
    ],
)
def test_a_list_and_its_emptying_contradict_each_other(box, option, run, key):
    ran = run("update_api_key", key.key_id, box, option)

    flag = option.partition("=")[0]
    assert ran.refusal == f"{box} and {flag} contradict each other."


def test_the_audit_entry_has_old_and_new_and_names_the_command(run, key):
    run("update_api_key", key.key_id, "--allow-ip", "192.0.2.0/24")

    entry = AuditEntry.objects.get(action="key_changed")
    assert (entry.actor_kind, entry.actor) == ("command", "operator")
    assert entry.changes == {"networks": [["10.0.0.0/8"], ["192.0.2.0/24"]]}


@pytest.mark.parametrize("arguments", [(), ("--name", "Billing")])
def test_nothing_to_change_is_said_and_writes_nothing(arguments, run, key):
    before = state()

    ran = run("update_api_key", key.key_id, *arguments)

    assert ran.err == "Nothing changed.\n"
    assert state() == before


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--allow-ip", "10.0.0.1/8"), "networks: 10.0.0.1/8 has host bits set."),
        (("--allow-ip", "localhost"), "networks: localhost is no IP address"),
        (("--endpoint", "/a b"), "endpoints: b: A pattern is a path"),
        (("--name", "Taken"), "name: A key of this type has this name already."),
        (("--name", "x" * 101), "name: Ensure this value has at most 100"),
        (("--public-url", "https://x.example"), "public url: Keys of this type do not"),
        (("--public-url", "javascript:alert(1)"), "public url: Enter a valid URL."),
        (("--as", "nobody"), "There is no active person 'nobody'."),
    ],
)
def test_a_refusal_says_what_is_wrong_and_changes_nothing(arguments, text, run, key):
    IssuedFactory(fields__name="Taken")
    before = state()

    ran = run("update_api_key", key.key_id, *arguments)

    assert ran.refusal.startswith(text)
    assert (ran.code, ran.out) == (1, "")
    assert state() == before


@pytest.mark.parametrize("option", ["--expires", "--role", "--type", "--location"])
def test_what_is_fixed_has_no_option(option, run, key):
    ran = run("update_api_key", key.key_id, option, "never")

    assert "unrecognized arguments" in ran.refusal


def test_a_text_message_key_keeps_a_network(run):
    key = IssuedFactory(key_type="sms").key

    ran = run("update_api_key", key.key_id, "--open-to-any-address")

    assert ran.refusal == (
        "networks: Keys of this type need at least one allowed network."
    )


def test_a_deleted_or_unknown_key_cannot_be_changed(run, key):
    delete_key(key.key_id, actor=OPERATOR, at=timezone.now())
    before = state()

    refusals = {
        run("update_api_key", key_id, "--name", "Alive").refusal
        for key_id in (key.key_id, "kd_0000000000000000", "", "x")
    }

    assert refusals == {"There is no key with this ID, or it is deleted."}
    assert state() == before


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("--allow-ip", ""), "--open-to-any-address"),
        (("--allow-ip", ","), "--open-to-any-address"),
        (("--allow-ip", "0.0.0.0/0"), "--open-to-any-address"),
        (("--allow-ip", "192.0.2.1", "--allow-ip", "::/0"), "--open-to-any-address"),
        (("--endpoint", ""), "--all-endpoints"),
        (("--endpoint", "/*"), "--all-endpoints"),
    ],
)
def test_a_list_that_would_restrict_nothing_is_refused(arguments, option, run, key):
    before = state()

    ran = run("update_api_key", key.key_id, *arguments)
    said = run("update_api_key", key.key_id, *arguments, option, "--name=Said")

    assert ran.refusal.startswith("The key could ")
    assert ran.refusal.endswith(f", or add {option}.")
    assert (said.refusal, state() == before) == ("", False)


def test_a_list_that_restricts_nothing_already_is_left_alone(run):
    key = IssuedFactory(fields__networks=(), fields__endpoints=()).key

    ran = run("update_api_key", key.key_id, "--note=x")

    assert (ran.refusal, ran.err) == ("", f"{key.key_id} is changed.\n")


def test_an_empty_name_is_refused(run, key):
    ran = run("update_api_key", key.key_id, "--name", "")

    assert ran.refusal.startswith("name: ")
