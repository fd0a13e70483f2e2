from __future__ import annotations

import csv
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone, translation

from apikeys.changes.actors import OPERATOR
from apikeys.keys.models import ApiKey, KeySecret
from apikeys.keys.services import deactivate_key, delete_key
from tests.factories import IssuedFactory, RoleFactory


@pytest.fixture
def keys(db):
    now = timezone.now()
    made = {
        name: IssuedFactory(
            fields__name=name,
            fields__networks=("10.0.0.0/8",),
            fields__endpoints=(),
            at=now - timedelta(days=days),
            expires_at=None,
        ).key
        for name, days in (("oldest", 3), ("off", 2), ("gone", 1))
    }
    deactivate_key(made["off"].key_id, actor=OPERATOR, at=now)
    delete_key(made["gone"].key_id, actor=OPERATOR, at=now)
    return made


def test_keys_stand_one_a_line_newest_first(run, keys):
    ran = run("list_api_keys")

    off, oldest = keys["off"], keys["oldest"]
    assert ran.out.splitlines() == [
        f"{off.key_id}\tv1\tinactive\tnever used\tnever expires\toff",
        f"{oldest.key_id}\tv1\tactive\tnever used\tnever expires\toldest",
    ]
    assert ran.err == "2 keys\n"


def test_deleted_keys_are_listed_only_when_asked_for(run, keys):
    ran = run("list_api_keys", "--deleted")

    assert ran.out == (
        f"{keys['gone'].key_id}\tv1\tdeleted\tnever used\tnever expires\tgone\n"
    )


def test_json_has_exactly_its_keys(run, keys):
    used_at = timezone.now()
    ApiKey.objects.filter(pk=keys["oldest"].pk).update(last_used_at=used_at)

    listed = json.loads(run("list_api_keys", "--json").out)

    assert listed[1] == {
        "id": keys["oldest"].key_id,
        "name": "oldest",
        "type": "v1",
        "status": "active",
        "roles": ["Full access"],
        "networks": ["10.0.0.0/8"],
        "endpoints": [],
        "read_only": False,
        "created_at": keys["oldest"].created_at.isoformat(),
        "expires_at": None,
        "last_used_at": used_at.isoformat(),
    }


def test_without_keys_the_list_is_empty_and_still_json(run):
    assert run("list_api_keys").out == ""
    assert json.loads(run("list_api_keys", "--json").out) == []


def test_no_secret_is_listed(run, keys):
    digests = KeySecret.objects.values_list("digest", flat=True)

    out = run("list_api_keys").out + run("list_api_keys", "--json").out

    assert [digest for digest in digests if digest in out] == []


def test_the_list_takes_as_many_queries_with_three_keys_as_with_one(
    run, django_assert_num_queries
):
    IssuedFactory()
    with django_assert_num_queries(2):
        run("list_api_keys", "--json")

    IssuedFactory.create_batch(2)
    with django_assert_num_queries(2):
        run("list_api_keys", "--json")


class Terminal(StringIO):
    def isatty(self):
        return True


def on_a_terminal(*arguments):
    out, err = Terminal(), StringIO()
    call_command("list_api_keys", *arguments, stdout=out, stderr=err)
    return out.getvalue().splitlines(), err.getvalue()


def test_a_terminal_gets_a_header_and_columns(keys, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    used_at = timezone.now().replace(2026, 1, 2, 23, 30)
    ApiKey.objects.filter(pk=keys["oldest"].pk).update(last_used_at=used_at)

    lines, talk = on_a_terminal()

    off, oldest = keys["off"], keys["oldest"]
    assert lines == [
        "ID                   TYPE  STATUS    LAST USED         EXPIRES        NAME",
        f"{off.key_id}  v1    inactive  never used        never expires  off",
        f"{oldest.key_id}  v1    active    2026-01-03 00:30  never expires  oldest",
    ]
    assert talk == "2 keys, times in Europe/Berlin\n"


def test_an_empty_table_has_no_header(db):
    assert on_a_terminal() == ([], "0 keys, times in UTC\n")


def test_a_pipe_gets_a_table_on_demand(run, keys):
    lines, _ = on_a_terminal()

    assert run("list_api_keys", "--format=table").out.splitlines() == lines


def test_columns_count_the_width_of_letters(db):
    RoleFactory(name="R")
    IssuedFactory(fields__name="日本\u0301")

    lines, _ = on_a_terminal()

    assert lines[1].endswith("  日本\u0301")


def test_csv_has_a_header_and_every_field(run, keys):
    ran = run("list_api_keys", "--format=csv", "--name=OLD")

    (row,) = csv.DictReader(StringIO(ran.out))
    (described,) = json.loads(run("list_api_keys", "--format=json", "--name=old").out)
    assert list(row) == list(described)
    assert (row["name"], row["roles"], row["read_only"], row["expires_at"]) == (
        "oldest",
        "Full access",
        "no",
        "",
    )
    assert ran.err == ""


def test_csv_without_keys_is_the_header(run):
    out = run("list_api_keys", "--format=csv").out

    assert out.startswith("id,name,type,status,")
    assert out.count("\n") == 1


@pytest.fixture
def varied(keys):
    now = timezone.now()
    role = RoleFactory(name="Reports", permissions=[])
    IssuedFactory(fields__name="Umsätze", roles=[role], expires_at=None)
    IssuedFactory(fields__name="Portal", key_type="webservice_standard")
    late = IssuedFactory(
        fields__name="late", at=now - timedelta(days=9), expires_at=now
    )
    deactivate_key(late.key.key_id, actor=OPERATOR, at=now)
    return keys


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ((), {"Umsätze", "Portal", "late", "off", "oldest"}),
        (("--type=webservice_standard",), {"Portal"}),
        (("--type=sms",), set()),
        (("--status=active",), {"Umsätze", "Portal", "oldest"}),
        (("--status=inactive",), {"off"}),
        (("--status=expired",), {"late"}),
        (("--status=deleted",), {"gone"}),
        (("--deleted",), {"gone"}),
        (("--name=umS",), {"Umsätze"}),
        (("--name=%",), set()),
        (("--role=Reports",), {"Umsätze"}),
        (("--role=Full access", "--status=active", "--name=o"), {"oldest"}),
    ],
)
def test_filters_narrow_the_list_together(arguments, names, run, varied):
    listed = json.loads(run("list_api_keys", "--json", *arguments).out)

    assert {row["name"] for row in listed} == names
    wanted = [each for each in arguments if each.startswith("--status=")]
    assert {f"--status={row['status']}" for row in listed if wanted} <= set(wanted)


def test_an_unknown_role_is_refused_with_those_that_there_are(run, db):
    ran = run("list_api_keys", "--role", "Root")

    assert ran.refusal == (
        "Unknown roles: Root. There are: Account Reader, Administrator, Full access."
    )


@pytest.mark.parametrize("command", ["list_api_keys", "create_api_key"])
def test_a_wrong_type_is_answered_with_the_valid_texts(command, run):
    ran = run(command, *["x"] * (command == "create_api_key"), "--type", "v3")

    assert "invalid choice: 'v3' (choose from" in ran.refusal
    assert "webservice_standard" in ran.refusal
    assert "KeyTypeName" not in ran.refusal


def test_bytes_that_are_no_text_are_refused(run):
    ran = run("list_api_keys", "--name", "\udcff")

    assert ran.refusal == "'\\udcff' has bytes that are no text."


def test_a_name_from_elsewhere_cannot_forge_a_line(run, db):
    ApiKey.objects.filter(pk=IssuedFactory().key.pk).update(
        name="a\tb\nkd_0000000000000000\u202e"
    )

    assert run("list_api_keys").out.endswith("\ta\\tb\\nkd_0000000000000000\\u202e\n")


def test_a_list_is_in_english_whatever_the_pages_speak(run, keys):
    with translation.override("de"):
        ran = run("list_api_keys", "--format=json")

    assert {row["status"] for row in json.loads(ran.out)} == {"active", "inactive"}
