from __future__ import annotations

from datetime import timedelta

import pytest

from apikeys.changes.errors import InvalidFields
from apikeys.keys.values import MAX_EXPIRY
from tests.factories import IssuedFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        pytest.param(
            {"fields__networks": ("10.0.0.1/8",)},
            {"networks": "These are no networks."},
            id="network-with-host-bits",
        ),
        pytest.param(
            {"fields__endpoints": ("no path",)},
            {"endpoints": "These are no endpoint patterns."},
            id="endpoint-without-a-slash",
        ),
        pytest.param(
            {"fields__name": "a\0b"},
            {"name": "Use letters, digits and signs in one line."},
            id="name-with-nul",
        ),
        pytest.param(
            {"fields__name": "a" * 101},
            {"name": "A name has at most 100 characters."},
            id="name-too-long",
        ),
    ],
)
def test_what_no_entrance_should_hand_down_is_refused(fields, errors, at, rows):
    before = rows()

    with pytest.raises(InvalidFields) as refused:
        IssuedFactory(at=at, **fields)

    assert refused.value.errors == errors
    assert rows() == before


def test_an_expiry_is_at_most_a_hundred_years_away(at, rows):
    IssuedFactory(at=at, expires_at=at + MAX_EXPIRY)
    before = rows()

    with pytest.raises(InvalidFields) as refused:
        IssuedFactory(at=at, expires_at=at + MAX_EXPIRY + timedelta(microseconds=1))

    assert refused.value.errors == {
        "expires_at": "The expiry is more than 100 years away."
    }
    assert rows() == before
