from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import IssuedFactory, PersonFactory


@pytest.fixture
def administrator(db):
    return PersonFactory(username="ada", roles=["Administrator"])


@pytest.fixture
def reader(db):
    return PersonFactory(username="rae", roles=["Account Reader"])


@pytest.fixture
def as_administrator(administrator) -> Client:
    return _signed_in(administrator)


@pytest.fixture
def as_reader(reader) -> Client:
    return _signed_in(reader)


@pytest.fixture
def as_outsider(db) -> Client:
    return _signed_in(PersonFactory(username="olaf"))


@pytest.fixture
def as_superuser(db) -> Client:
    return _signed_in(PersonFactory(username="root", is_superuser=True))


@pytest.fixture
def as_non_staff(db) -> Client:
    """A person with every right of an administrator, but not on these screens."""
    return _signed_in(
        PersonFactory(username="nina", is_staff=False, roles=["Administrator"])
    )


@pytest.fixture
def anonymous(db) -> Client:
    return Client()


@pytest.fixture
def key(db):
    """An active v1 key for one network and one pattern."""
    issued = IssuedFactory(
        fields__name="Billing",
        fields__networks=("10.0.0.0/8",),
        fields__endpoints=("/api/egress/*",),
    )
    return issued.key


def _signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client
