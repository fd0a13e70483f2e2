from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from apikeys.audit.models import AppendOnly, AuditEntry
from apikeys.audit.services import record
from apikeys.changes.actors import Actor
from apikeys.choices import ActorKind, AuditAction

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def entry():
    return record(
        actor=Actor(ActorKind.PERSON, "Ada", "192.0.2.7"),
        action=AuditAction.KEY_CHANGED,
        subject_id="kd_0123456789ABCDEF",
        subject_name="Billing",
        at=AT,
        changes={"note": ("", "x")},
    )


def _impostor(entry: AuditEntry) -> AuditEntry:
    return AuditEntry(
        pk=entry.pk, at=AT, actor="Mallory", action="key_deleted", subject_id="x"
    )


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param(lambda entry: entry.save(), id="save"),
        pytest.param(
            lambda entry: entry.save(update_fields=["actor"]), id="save-field"
        ),
        pytest.param(lambda entry: entry.delete(), id="delete"),
        pytest.param(lambda entry: AuditEntry.objects.update(actor="x"), id="update"),
        pytest.param(
            lambda entry: AuditEntry.objects.bulk_update([entry], ["actor"]),
            id="bulk-update",
        ),
        pytest.param(lambda entry: AuditEntry.objects.all().delete(), id="delete-all"),
    ],
)
def test_entry_is_neither_changed_nor_deleted(attempt, entry):
    before = AuditEntry.objects.values().get()
    entry.actor = "Mallory"

    with pytest.raises(AppendOnly), transaction.atomic():
        attempt(entry)

    assert AuditEntry.objects.values().get() == before


def test_object_built_anew_with_the_same_number_replaces_no_entry(entry):
    before = AuditEntry.objects.values().get()

    with pytest.raises(IntegrityError), transaction.atomic():
        _impostor(entry).save()

    assert AuditEntry.objects.values().get() == before


def test_bulk_create_replaces_no_entry(entry):
    before = AuditEntry.objects.values().get()

    with pytest.raises(AppendOnly):
        AuditEntry.objects.bulk_create(
            [_impostor(entry)],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["actor"],
        )

    assert AuditEntry.objects.values().get() == before


def test_entry_reads_as_a_sentence(entry):
    assert str(entry) == "2026-03-01 09:30 Ada: Key changed Billing"
