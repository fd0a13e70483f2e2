from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import OPERATOR
from apikeys.keys.models import ApiKey, KeyRole
from apikeys.keys.services import delete_key
from tests.apikeys.pages.screens import state
from tests.factories import IssuedFactory


@pytest.fixture
def tombstones(db):
    """Two keys deleted 400 days ago, one deleted 300 days ago, one alive."""
    now = timezone.now()
    made = {}
    for name, days in (("a", 400), ("b", 400), ("late", 300)):
        at = now - timedelta(days=days)
        made[name] = IssuedFactory(fields__name=name, at=at).key
        delete_key(made[name].key_id, actor=OPERATOR, at=at)
    made["alive"] = IssuedFactory(fields__name="alive").key
    return made


def names():
    return set(ApiKey.objects.values_list("name", flat=True))


def test_only_keys_whose_retention_is_over_are_removed(run, tombstones):
    ran = run("purge_deleted_keys", "--older-than", "365d")

    assert ran.out.splitlines() == [tombstones[name].key_id for name in ("a", "b")]
    assert ran.err == "2 keys purged\n"
    assert names() == {"late", "alive"}
    assert KeyRole.objects.filter(key__name__in=("a", "b")).count() == 0


def test_the_audit_trail_keeps_every_line_and_says_who_purged(run, tombstones):
    kept = list(AuditEntry.objects.order_by("pk").values_list())

    run("purge_deleted_keys", "--older-than", "365d")

    entries = list(AuditEntry.objects.order_by("pk"))
    assert list(AuditEntry.objects.order_by("pk").values_list())[: len(kept)] == kept
    assert [
        (entry.action, entry.actor_kind, entry.subject_id, entry.subject_name)
        for entry in entries[len(kept) :]
    ] == [
        ("key_purged", "command", tombstones["a"].key_id, "a"),
        ("key_purged", "command", tombstones["b"].key_id, "b"),
    ]


def test_a_dry_run_names_them_and_changes_nothing(run, tombstones):
    before = state()

    ran = run("purge_deleted_keys", "--older-than", "365d", "--dry-run")

    assert ran.out.splitlines() == [tombstones[name].key_id for name in ("a", "b")]
    assert ran.err == "2 keys would be purged\n"
    assert state() == before


def test_a_living_key_is_never_purged(run, tombstones):
    run("purge_deleted_keys", "--older-than", "0m")

    assert names() == {"alive"}


def test_with_nothing_to_purge_nothing_is_written(run, tombstones):
    before = state()

    ran = run("purge_deleted_keys", "--older-than", "500d")

    assert (ran.out, ran.err) == ("", "0 keys purged\n")
    assert state() == before


@pytest.mark.parametrize("age", ["365", "1y", "-1d", "", "1000000d", "1 d", "x"])
def test_an_age_that_is_no_duration_is_refused(age, run, tombstones):
    before = state()

    ran = run("purge_deleted_keys", f"--older-than={age}")

    assert "is no duration; write 7d, 12h or 30m." in ran.refusal
    assert state() == before


def test_an_age_must_be_given(run, tombstones):
    ran = run("purge_deleted_keys")

    assert "--older-than" in ran.refusal
    assert names() == set(tombstones)


def test_one_key_is_counted_in_the_singular(run, tombstones):
    run("purge_deleted_keys", "--older-than", "365d")

    ran = run("purge_deleted_keys", "--older-than", "0m")

    assert ran.err == "1 key purged\n"
