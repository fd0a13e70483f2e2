"""Two at once, on a database that lets two write at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group

from apikeys.changes.actors import OPERATOR
from apikeys.organization.services import change_role, create_role
from tests.concurrency import at_once, kinds
from tests.factories import RoleFactory

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_two_roles_of_one_name_at_once_are_one_and_a_refusal():
    def create():
        return create_role(name="Support", permissions=[], actor=OPERATOR, at=AT)

    results = at_once(create, create)

    assert kinds(results) == ["Group", "InvalidFields"]
    assert Group.objects.filter(name="Support").count() == 1


def test_two_renames_of_roles_to_one_name_are_one_and_a_refusal():
    first, second = RoleFactory(), RoleFactory()

    def rename(role):
        return change_role(role.pk, name="Same", permissions=[], actor=OPERATOR, at=AT)

    results = at_once(lambda: rename(first), lambda: rename(second))

    assert kinds(results) == ["Group", "InvalidFields"]
    assert Group.objects.filter(name="Same").count() == 1
