from __future__ import annotations

import csv
from io import StringIO

import pytest

from apikeys.audit.models import AuditEntry
from apikeys.choices import ActorKind
from apikeys.organization.models import Person
from tests.factories import PersonFactory, RoleFactory

KEYS = "/settings/apikeys/apikey/"


def people():
    return sorted(Person.objects.values_list("username", "is_active", "is_superuser"))


def test_a_person_signs_in_with_the_password_that_stands_alone(run, client):
    ran = run(
        "create_person",
        "ada",
        "--email=Ada@EXAMPLE.com",
        "--display-name=Ada Lovelace",
        "--role=Administrator",
    )

    ada = Person.objects.get()
    assert (ran.refusal, ran.err, ran.out) == ("", "", f"{ran.out.strip()}\n")
    assert (ada.email, ada.get_full_name(), ada.is_staff, ada.is_superuser) == (
        "Ada@example.com",
        "Ada Lovelace",
        True,
        False,
    )
    assert client.login(username="ada@example.com", password=ran.out.strip())
    assert client.get(KEYS).status_code == 200


def test_adding_a_person_is_audited_without_the_password(run):
    ran = run("create_person", "ada", "--role=Administrator", "--email=a@b.example")

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_kind, entry.actor, entry.subject_name) == (
        "person_created",
        ActorKind.COMMAND,
        "operator",
        "ada",
    )
    assert entry.subject_id == f"person {Person.objects.get().pk}"
    assert entry.changes == {
        "email": [None, "a@b.example"],
        "roles": [None, ["Administrator"]],
    }
    assert ran.out.strip() not in str(entry.changes)


def test_a_person_without_a_role_is_told_of(run):
    ran = run("create_person", "bob")

    assert ran.err == (
        "They hold no role and can sign in, but see nothing:"
        " update_person bob --role NAME.\n"
    )


def test_a_superadmin_needs_no_role(run):
    assert run("create_person", "bob", "--superadmin").err == ""
    assert people() == [("bob", True, True)]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("ada",), "username: A user with that username already exists."),
        (("bob smith",), "username: Enter a valid username."),
        (("",), "username: This field cannot be blank."),
        (("x" * 151,), "username: Ensure this value has at most 150 characters"),
        (("bob", "--email=nope"), "email: Enter a valid email address."),
        (("bob", "--email=ADA@b.example"), "email: A person has this e-mail address"),
        (("bob", "--role=Nope"), "Unknown roles: Nope. There are: Account Reader"),
        (("bob", "--display-name=a\u202eb"), "display name: Use letters, digits"),
        (("bob", "--display-name=a\nb"), "display name: Use letters, digits"),
    ],
)
def test_a_person_who_does_not_fit_is_not_added(arguments, text, run):
    PersonFactory(username="ada", email="ada@b.example")

    ran = run("create_person", *arguments)

    assert ran.refusal.startswith(text)
    assert (ran.out, len(people()), AuditEntry.objects.count()) == ("", 1, 0)


def test_roles_are_given_and_taken(run, client):
    RoleFactory(name="Reports", permissions=["apikeys.view_apikey"])
    ada = PersonFactory(username="ada", roles=["Administrator"])
    held = []

    for arguments in (["--role=Reports"], ["--display-name=Ada"], ["--no-roles"]):
        ran = run("update_person", "ada", *arguments)
        assert ran.err == "ada is changed.\n"
        held.append(sorted(ada.groups.values_list("name", flat=True)))

    assert held == [["Reports"], ["Reports"], []]
    entries = AuditEntry.objects.filter(changes__has_key="roles").order_by("pk")
    assert [entry.changes["roles"] for entry in entries] == [
        [["Administrator"], ["Reports"]],
        [["Reports"], []],
    ]


@pytest.mark.parametrize(
    "arguments", [(), ("--role=Administrator",), ("--no-superadmin",)]
)
def test_nothing_to_change_is_said_and_writes_nothing(arguments, run):
    PersonFactory(username="ada", roles=["Administrator"])

    assert run("update_person", "ada", *arguments).err == "Nothing changed.\n"
    assert AuditEntry.objects.count() == 0


def test_a_person_is_shut_out_at_their_next_click_and_let_in_again(run, client):
    ada = PersonFactory(username="ada", roles=["Administrator"])
    client.force_login(ada)
    before = client.get(KEYS).status_code

    off = run("deactivate_person", "ada")
    after = client.get(KEYS).status_code
    on = run("activate_person", "ada")

    assert (before, after) == (200, 302)
    assert (off.err, on.err) == ("ada: inactive.\n", "ada: active.\n")
    assert people() == [("ada", True, False)]
    assert [entry.changes for entry in AuditEntry.objects.order_by("pk")] == [
        {"is_active": [True, False]},
        {"is_active": [False, True]},
    ]


@pytest.mark.parametrize(
    "command",
    [("deactivate_person", "root"), ("update_person", "root", "--no-superadmin")],
)
def test_the_last_active_superadmin_stays(command, run):
    PersonFactory(username="root", is_superuser=True)
    PersonFactory(username="gone", is_superuser=True, is_active=False)
    before = people()

    refused = run(*command)
    PersonFactory(username="other", is_superuser=True)
    done = run(*command)

    assert refused.refusal == (
        "This is the last active superadmin. Make another person one first."
    )
    assert (done.refusal, ("root", True, True) in people()) == ("", False)
    assert ("root", True, True) in before


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (("update_person", "nobody"), "There is no person “nobody”."),
        (("deactivate_person", "nobody"), "There is no person “nobody”."),
        (("activate_person", "ada"), "ada is already active."),
        (
            ("update_person", "ada", "--role=Administrator", "--no-roles"),
            "--no-roles and --role contradict each other.",
        ),
        (("update_person", "ada", "--email=x"), "email: Enter a valid email address."),
    ],
)
def test_a_change_that_does_not_fit_is_refused(command, text, run):
    PersonFactory(username="ada", roles=["Administrator"])

    ran = run(*command)

    assert (ran.refusal, ran.code) == (text, 1)
    assert AuditEntry.objects.count() == 0


def test_people_are_listed_by_name(run):
    PersonFactory(username="zoe", is_superuser=True, display_name="Zoë")
    PersonFactory(username="ada", roles=["Account Reader"], is_active=False)

    ran = run("list_people")
    rows = list(csv.DictReader(StringIO(run("list_people", "--format=csv").out)))

    assert ran.out.splitlines() == [
        "ada\tinactive\tAccount Reader\tnever signed in\tno e-mail\t",
        "zoe\tactive\tsuperadmin\tnever signed in\tno e-mail\tZoë",
    ]
    assert ran.err == "2 people\n"
    assert [row["username"] for row in rows] == ["ada", "zoe"]
