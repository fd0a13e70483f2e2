from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.keys.models import ApiKey
from apikeys.keys.services import deactivate_key, delete_key
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory

NOTHING = "No entry fits this search and these filters."


@pytest.fixture
def keys(db):
    """One key of each kind that a filter tells apart, by its name."""
    now = timezone.now()
    years_ago = now - timedelta(days=900)
    made = {
        "open": IssuedFactory(
            fields__name="open", fields__networks=(), fields__endpoints=()
        ),
        "shop": IssuedFactory(
            key_type="webservice_standard",
            fields__name="shop",
            fields__endpoints=(),
            expires_at=None,
        ),
        "soon": IssuedFactory(
            key_type="v2",
            fields__name="soon",
            fields__endpoints=("/api/v2/*",),
            fields__accepts_parameters=True,
            fields__read_only=True,
            expires_at=now + timedelta(days=3),
        ),
        "past": IssuedFactory(
            fields__name="past", at=years_ago, expires_at=now - timedelta(days=1)
        ),
        "off": IssuedFactory(fields__name="off"),
        "gone": IssuedFactory(fields__name="gone"),
    }
    deactivate_key(made["off"].key.key_id, actor=OPERATOR, at=now)
    delete_key(made["gone"].key.key_id, actor=OPERATOR, at=now)
    return {name: issued.key for name, issued in made.items()}


def names(client, query=""):
    return set(screens.listed(client.get(f"{screens.KEYS}?{query}")))


def test_a_search_finds_a_part_of_a_name(as_reader, keys):
    assert names(as_reader, "q=SHO") == {"shop"}


def test_a_search_finds_a_key_id(as_reader, keys):
    assert names(as_reader, f"q={keys['soon'].key_id}") == {"soon"}


def test_deleted_keys_are_left_out_unless_asked_for(as_reader, keys):
    assert names(as_reader) == {"open", "shop", "soon", "past", "off"}
    assert names(as_reader, "status=deleted") == {"gone"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("type=v1", {"open", "past", "off"}),
        ("type=v2", {"soon"}),
        ("type=webservice_standard", {"shop"}),
        ("type=webservice_premium", set()),
        ("type=manage_consents", set()),
        ("type=sms", set()),
        ("status=active", {"open", "shop", "soon"}),
        ("status=inactive", {"off"}),
        ("status=expired", {"past"}),
        ("restriction=any-address", {"open"}),
        ("restriction=networks", {"shop", "soon", "past", "off"}),
        ("restriction=all-endpoints", {"open", "shop"}),
        ("restriction=endpoints", {"soon", "past", "off"}),
        ("restriction=read-only", {"soon"}),
        ("restriction=parameters", {"soon"}),
        ("expiry=soon", {"soon"}),
        ("expiry=later", {"open", "off"}),
        ("expiry=never", {"shop"}),
        ("expiry=past", {"past"}),
        ("type=v1&status=active", {"open"}),
        ("type=v1&status=deleted&q=go", {"gone"}),
    ],
)
def test_each_filter_keeps_its_rows(query, expected, as_reader, keys):
    assert names(as_reader, query) == expected


def test_the_filters_offer_exactly_the_choices_tested_here(as_reader, keys):
    specs = as_reader.get(screens.KEYS).context["cl"].filter_specs

    assert {
        spec.parameter_name: [value for value, _ in spec.lookup_choices]
        for spec in specs
    } == {
        "type": [
            "v1",
            "v2",
            "webservice_standard",
            "webservice_premium",
            "manage_consents",
            "sms",
        ],
        "status": ["active", "inactive", "expired", "deleted"],
        "restriction": [
            "any-address",
            "networks",
            "all-endpoints",
            "endpoints",
            "read-only",
            "parameters",
        ],
        "expiry": ["soon", "later", "never", "past"],
    }


def test_the_newest_key_comes_first_and_columns_sort_both_ways(as_reader, keys):
    def order(query=""):
        return screens.listed(as_reader.get(f"{screens.KEYS}?{query}"))

    assert order() == ["off", "soon", "shop", "open", "past"]
    assert order("o=0") == ["off", "open", "past", "shop", "soon"]
    assert order("o=-0") == ["soon", "shop", "past", "open", "off"]


def test_last_used_and_expiry_sort_by_their_instant(as_reader, db):
    at = timezone.now()
    for days, name in ((3, "later"), (1, "sooner")):
        issued = IssuedFactory(fields__name=name, expires_at=at + timedelta(days=days))
        ApiKey.objects.filter(pk=issued.key.pk).update(
            last_used_at=at - timedelta(days=days)
        )

    by_use = screens.listed(as_reader.get(f"{screens.KEYS}?o=3"))
    by_expiry = screens.listed(as_reader.get(f"{screens.KEYS}?o=2"))

    assert (by_use, by_expiry) == (["later", "sooner"], ["sooner", "later"])


def test_a_long_list_is_cut_into_pages(as_reader, db):
    for number in range(51):
        IssuedFactory(key_type="sms", fields__name=f"key {number:02}")

    first = screens.listed(as_reader.get(f"{screens.KEYS}?o=0"))
    second = screens.listed(as_reader.get(f"{screens.KEYS}?o=0&p=2"))

    assert first == [f"key {number:02}" for number in range(50)]
    assert second == ["key 50"]


def test_an_empty_list_tells_an_administrator_what_to_do(as_administrator):
    text = screens.text_of(as_administrator.get(screens.KEYS))

    assert "No API keys yet" in text
    assert text.count(f'href="{screens.ADD}"') == 2


def test_an_empty_list_offers_a_reader_nothing_to_press(as_reader):
    text = screens.text_of(as_reader.get(screens.KEYS))

    assert "No API keys yet" in text
    assert screens.ADD not in text


def test_a_search_without_a_result_says_so(as_reader, keys):
    text = screens.text_of(as_reader.get(f"{screens.KEYS}?q=nothing-like-it"))

    assert NOTHING in text
    assert "No API keys yet" not in text


def test_a_note_counts_open_keys_that_still_work(as_reader, keys):
    response = as_reader.get(screens.KEYS)

    assert screens.notes(response) == [
        "1 key accepts calls from any address."
        " Lock each down to what it really uses. Show it"
    ]
    link = f"{screens.KEYS}?restriction=any-address&status=active"
    assert f'href="{link}"' in screens.text_of(response)
    assert names(as_reader, link.partition("?")[2]) == {"open"}


def test_there_is_no_note_when_every_key_is_restricted(as_reader, key):
    assert screens.notes(as_reader.get(screens.KEYS)) == []


def test_a_row_shows_type_status_restrictions_use_and_expiry(as_reader, db):
    IssuedFactory(
        key_type="webservice_standard",
        fields__name="Portal",
        fields__networks=("10.0.0.0/8", "192.0.2.1/32"),
        fields__endpoints=("/webservice/*", "/a", "/b"),
        expires_at=None,
    )

    response = as_reader.get(screens.KEYS)

    text = screens.text_of(response)
    assert "Web service: standard, 2 networks, password" in text
    assert '<span class="pill ok">Active</span>' in text
    assert "<code>/webservice/*</code>" in text
    assert ">2 more paths</span>" in text
    assert ">Never expires</span>" in text
    assert screens.first_lines(response, "last_used_ago") == ["Never"]


def test_a_row_says_that_a_key_is_read_only_and_for_which_methods(as_reader, db):
    IssuedFactory(fields__read_only=True, fields__endpoints=())
    IssuedFactory(fields__read_only=True)
    IssuedFactory(fields__endpoints=("GET,POST /api/egress/*",))

    response = as_reader.get(screens.KEYS)

    text = screens.text_of(response)
    assert screens.first_lines(response, "may_call") == [
        "GET,POST /api/egress/*",
        "/api/egress/*",
        "All endpoints, read only",
    ]
    assert text.count(">v1, 1 network, read only</span>") == 1
    assert text.count(">v1, 1 network</span>") == 2


def test_the_list_takes_as_many_queries_with_three_keys_as_with_one(
    as_administrator, django_assert_num_queries, key
):
    with django_assert_num_queries(9):
        as_administrator.get(screens.KEYS)

    IssuedFactory.create_batch(2, fields__networks=())
    with django_assert_num_queries(9):
        as_administrator.get(screens.KEYS)


@pytest.mark.parametrize("query", ["type=nope", "status=nope", "o=99", "o=x", "p=x"])
def test_a_choice_that_does_not_exist_is_no_error(query, as_reader, key):
    assert names(as_reader, query) == {"Billing"}


@pytest.mark.parametrize(
    "query",
    [
        "password__startswith=argon2",
        "password=x",
        "secrets__digest__startswith=a",
        "secrets__pepper=1",
        "roles__permissions__codename=manage_apis",
        "location__name=x",
        "created_by__regex=(a",
        "networks__contains=x",
        "name__startswith=Bill",
        "id=99999999999999999999999",
        "_to_field=password",
    ],
)
def test_a_lookup_of_the_readers_own_tells_nothing(query, as_reader, key):
    response = as_reader.get(f"{screens.KEYS}?{query}")

    assert response.status_code == 400
    assert "Billing" not in screens.text_of(response)


@pytest.mark.parametrize(
    "path",
    [
        f"{screens.ROLES}?user__password__startswith=a",
        f"{screens.AUDIT}?actor__regex=(",
    ],
)
def test_a_lookup_of_the_readers_own_is_refused_by_the_other_lists(path, as_reader):
    assert as_reader.get(path).status_code == 400


def test_a_search_with_a_null_byte_finds_nothing_and_is_no_error(as_reader, key):
    assert as_reader.get(f"{screens.KEYS}?q=%00").status_code == 200
