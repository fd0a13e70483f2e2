from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.keys.models import ApiKey, KeySecret
from apikeys.keys.services import deactivate_key, delete_key
from tests.factories import IssuedFactory


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
