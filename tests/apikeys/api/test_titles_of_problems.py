"""A title is a heading: no full stop, no place holder, the phrase of its status."""

from __future__ import annotations

import pytest

from apikeys.access import refusals
from apikeys.access.refusals import Refusal

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.apikeys.api.echo_urls"),
]


@pytest.mark.parametrize(
    ("url", "method", "title"),
    [
        ("/api/whoami", "post", "Method not allowed"),
        ("/api/explain", "delete", "Method not allowed"),
        ("/api/egress/none", "get", "Not found"),
        ("/api/egress/raise/absent", "get", "Not found"),
        ("/api/egress/raise/invalid", "get", "Bad request"),
        ("/api/egress/raise/denied", "get", "Forbidden"),
        ("/api/egress/busy", "get", "Too many requests"),
    ],
)
def test_title_of_an_error(call, url, method, title):
    assert call(url, method).json()["title"] == title


def test_titles_of_refusals_have_no_full_stop():
    titles = [
        value.title for value in vars(refusals).values() if isinstance(value, Refusal)
    ]

    assert len(titles) > 10
    assert [title for title in titles if title.endswith(".") or "{" in title] == []
