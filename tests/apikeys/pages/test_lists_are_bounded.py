"""What an address may ask of a list, and how far a list reads."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from apikeys.keys.models import ApiKey, KeyRole
from apikeys.plugin_tokens.models import PluginToken
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory, RoleFactory

TOKENS = "/settings/apikeys/plugintoken/"
LISTS = [screens.KEYS, TOKENS, screens.ROLES, screens.AUDIT]
BOUND = "Search for at most 200 characters and 10 words."


def make_keys(count, minutes_apart=1, **fields):
    """Keys of the same type, each older than the one before: 0000, 0001, ..."""
    at = timezone.now()
    ApiKey.objects.bulk_create(
        ApiKey(
            key_id=f"kd_{number:016}",
            key_type="sms",
            name=f"{number:04}",
            created_at=at - timedelta(minutes=number * minutes_apart),
            created_by="ada",
            **{"networks": ["10.0.0.0/8"], **fields},
        )
        for number in range(count)
    )


def pager(response):
    """The text of the pager, and where each of its links leads."""
    markup = screens.text_of(response).split('class="pager"')[1].partition("</nav>")[0]
    links = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', markup)
    return (
        " ".join(re.sub(r"<[^>]+>", " ", markup.partition(">")[2]).split()),
        {re.sub(r"<[^>]+>|Page|\s", "", words): url for url, words in links},
    )


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("+".join(["word"] * 2_000), id="2000-words"),
        pytest.param("+".join(["word"] * 11), id="11-words"),
        pytest.param("x" * 201, id="201-characters"),
        pytest.param("+".join(['"a b"'] * 11), id="11-quotes"),
        pytest.param("%C3%A9" * 5_000, id="5000-accents"),
    ],
)
def test_a_long_search_text_is_refused_in_words_and_searches_nothing(
    path, text, as_superuser, key
):
    response = as_superuser.get(f"{path}?q={text}")

    assert response.status_code == 200
    assert BOUND in screens.notes(response)[0]
    assert response.context["cl"].result_list == []
    assert "Nothing was searched" in screens.text_of(response)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "text", ["x" * 200, "+".join(["word"] * 10)], ids=["200-characters", "10-words"]
)
def test_a_search_text_at_the_bound_is_searched(path, text, as_superuser, key):
    response = as_superuser.get(f"{path}?q={text}")

    assert BOUND not in screens.text_of(response)
    assert "Nothing matches" in screens.text_of(response)


@pytest.mark.parametrize("path", LISTS)
def test_a_long_order_is_cut_to_its_first_column(path, as_superuser, key):
    orders = ".".join(["0", *["-0"] * 2_000])

    response = as_superuser.get(f"{path}?o={orders}")

    assert response.status_code == 200
    assert response.context["cl"].get_ordering_field_columns() == {0: "asc"}


@pytest.mark.parametrize("order", ["99", "x", "-", "0x1", "-99.0", "--0", "1"])
def test_an_order_by_no_column_is_the_usual_one(order, as_reader, db):
    make_keys(2)

    response = as_reader.get(f"{screens.KEYS}?o={order}")

    assert screens.listed(response) == ["0000", "0001"]


@pytest.mark.parametrize(
    ("path", "query", "words"),
    [
        (screens.KEYS, "status=nope", "There is no status “nope”"),
        (screens.KEYS, "type=v9", "There is no type “v9”"),
        (screens.KEYS, "expiry=%3Cb%3E", "There is no expiry “<b>”"),
        (screens.AUDIT, "since=8", "There is no time “8”"),
        (screens.AUDIT, "action=" + "x" * 99, "There is no action “" + "x" * 39 + "…”"),
        (TOKENS, "right=all", "There is no right “all”"),
    ],
)
def test_an_unknown_choice_is_named_and_not_used(path, query, words, as_reader, key):
    note = f"{words}: this filter is not used."

    assert note in screens.notes(as_reader.get(f"{path}?{query}"))
    assert note not in screens.text_of(as_reader.get(path))


def test_a_known_choice_needs_no_word(as_reader, key):
    assert "this filter is not used" not in screens.text_of(
        as_reader.get(f"{screens.KEYS}?status=active&type=")
    )


def test_previous_next_and_the_size_of_a_page(as_reader, db):
    make_keys(120)

    text, links = pager(as_reader.get(f"{screens.KEYS}?p=2&o=0"))

    assert "51 to 100 of 120 API keys" in text
    assert links["Previous"] == "?p=1&o=0"
    assert links["Next"] == "?p=3&o=0"
    assert links["25"] == "?o=0&rows=25"


@pytest.mark.parametrize(
    ("rows", "shown"),
    [("25", 25), ("200", 120), ("1000000", 50), ("-1", 50), ("x", 50)],
)
def test_only_the_sizes_that_are_offered_can_be_had(rows, shown, as_reader, db):
    make_keys(120)

    response = as_reader.get(f"{screens.KEYS}?rows={rows}")

    assert len(screens.listed(response)) == shown


@pytest.mark.parametrize("page", ["0", "-3", "99", "9" * 30])
def test_a_page_that_is_not_there_is_the_nearest_one(page, as_reader, db):
    make_keys(60)

    first = screens.listed(as_reader.get(f"{screens.KEYS}?p={page}"))[0]

    assert first == ("0000" if int(page) < 1 else "0050")


def test_a_long_list_is_counted_to_a_bound_and_goes_on_by_the_last_row(as_reader, db):
    make_keys(1_060)

    text, links = pager(as_reader.get(f"{screens.KEYS}?p=20"))
    older = as_reader.get(f"{screens.KEYS}{links['Older']}")

    assert "951 to 1,000 of 1,000+ API keys" in text
    assert "Next" not in links
    assert screens.listed(older)[0] == "1000"
    assert len(screens.listed(older)) == 50
    text, links = pager(older)
    assert "1 to 50 of 60 older API keys" in text
    last = as_reader.get(f"{screens.KEYS}{links['Next']}")
    assert screens.listed(last)[-1] == "1059"
    assert pager(last)[1]["Newest"] == "?"


def test_rows_of_one_instant_are_neither_lost_nor_shown_twice(as_reader, db):
    make_keys(1_003, minutes_apart=0)

    window = as_reader.get(f"{screens.KEYS}?rows=200&p=5")
    older = as_reader.get(f"{screens.KEYS}{pager(window)[1]['Older']}")

    assert screens.listed(older) == ["0002", "0001", "0000"]
    assert screens.listed(window)[-1] == "0003"


def test_equal_rows_follow_in_the_direction_of_their_column(as_reader, db):
    make_keys(3, minutes_apart=0)

    up = screens.listed(as_reader.get(f"{screens.KEYS}?o=4"))
    down = screens.listed(as_reader.get(f"{screens.KEYS}?o=-4"))

    assert (up, down) == (["0000", "0001", "0002"], ["0002", "0001", "0000"])


def test_another_order_says_that_more_is_not_shown(as_reader, db):
    make_keys(1_001)

    text, links = pager(as_reader.get(f"{screens.KEYS}?o=0&p=20"))

    assert "Older" not in links
    assert "More are not shown in this order" in text


@pytest.mark.parametrize("before", ["x", "-1", "0", "9" * 40, "1.5", "٣", "%00"])
def test_a_place_that_does_not_exist_is_the_beginning(before, as_reader, db):
    make_keys(3)

    response = as_reader.get(f"{screens.KEYS}?before={before}")

    assert screens.listed(response) == ["0000", "0001", "0002"]


def test_a_search_keeps_its_place_behind_the_last_row(as_reader, db):
    make_keys(1_010)

    _text, links = pager(as_reader.get(f"{screens.KEYS}?q=kd_&rows=200&p=99"))
    older = as_reader.get(f"{screens.KEYS}{links['Older']}")
    assert screens.listed(older) == [f"{number}" for number in range(1_000, 1_010)]


def test_plugin_tokens_go_on_in_the_order_of_their_index(as_reader, db):
    at = timezone.now()
    PluginToken.objects.bulk_create(
        PluginToken(
            name=f"{number:04}",
            digest=f"{number:064}",
            encrypted="x",
            pepper=1,
            created_by="ada",
            created_at=at,
        )
        for number in range(1_002)
    )

    window = as_reader.get(f"{TOKENS}?rows=200&p=5")
    older = as_reader.get(f"{TOKENS}{pager(window)[1]['Older']}")

    assert len(screens.listed(older)) == 2
    assert not set(screens.listed(older)) & set(screens.listed(window))


def test_counts_of_roles_are_bounded_and_need_no_join(as_reader, db):
    role = RoleFactory(name="Bookkeeping")
    RoleFactory(name="Empty")
    make_keys(1_005)
    super(type(KeyRole.objects.all()), KeyRole.objects.all()).bulk_create(
        KeyRole(key=key, role=role) for key in ApiKey.objects.all()
    )

    response = as_reader.get(f"{screens.ROLES}?o=-2")

    cells = re.findall(r'field-key_count">([^<]*)<', screens.text_of(response))
    assert cells == ["1,000+", "0", "0", "0", "0"]
    assert screens.listed(response)[0] == "Bookkeeping"
    reach = screens.text_of(as_reader.get(f"{screens.ROLES}{role.pk}/change/"))
    assert "Held by keys: 1,000+" in reach


def test_open_keys_are_counted_to_the_bound(as_reader, db):
    make_keys(1_002, networks=[])

    assert screens.notes(as_reader.get(screens.KEYS))[0].startswith(
        "1,000+ keys accept calls from any address."
    )


def test_thousands_are_kept_apart(as_reader, db):
    make_keys(1_000)

    assert "1 to 50 of 1,000 API keys" in pager(as_reader.get(screens.KEYS))[0]


@pytest.mark.parametrize("path", LISTS)
def test_facets_cannot_be_asked_for(path, as_superuser, key):
    response = as_superuser.get(f"{path}?_facets=1")

    assert response.status_code == 200
    assert not response.context["cl"].add_facets


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (screens.KEYS, "1 API key"),
        (screens.AUDIT, "1 entry"),
        (screens.ROLES, "4 roles"),
    ],
)
def test_the_pager_counts_in_words_of_the_list(path, words, as_superuser, db):
    IssuedFactory()
    Group.objects.create(name="Own")

    assert pager(as_superuser.get(path))[0].startswith(words)


def test_lists_can_be_ordered_without_their_headings(as_reader, db):
    make_keys(2)

    response = as_reader.get(f"{screens.KEYS}?o=-0")

    text = screens.text_of(response).split('name="o"')[1].partition("</select>")[0]
    assert re.findall(r'<option value="([^"]*)"', text) == [
        *("", "0", "-0", "2", "-2"),
        *("3", "-3", "4", "-4"),
    ]
    assert '<option value="-0" selected>Key, descending</option>' in text
    assert screens.listed(response) == ["0001", "0000"]
