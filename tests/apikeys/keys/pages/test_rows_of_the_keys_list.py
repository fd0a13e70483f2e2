"""What a row of the keys list says, and what is said where rows are missing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.keys.rotation import cancel_rotation, end_rotation, rotate_key
from apikeys.keys.services import delete_key
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory

NOW = timezone.now


def deleted(**given):
    key = IssuedFactory(**given).key
    delete_key(key.key_id, actor=OPERATOR, at=NOW())
    return key


def rotating(**given):
    key = IssuedFactory(**given).key
    rotate_key(key.key_id, overlap=timedelta(days=2), actor=OPERATOR, at=NOW())
    return key


def second_line(response, column):
    text = screens.text_of(response)
    cell = text.split(f'<td class="field-{column}">')[1].partition("</td>")[0]
    return cell.partition('<span class="l2')[2]


@pytest.mark.parametrize(
    ("left", "words", "level"),
    [
        pytest.param(timedelta(days=31, hours=1), "31 days left", "", id="far"),
        pytest.param(timedelta(days=30, hours=1), "30 days left", "warn", id="near"),
        pytest.param(timedelta(days=8, hours=1), "8 days left", "warn", id="8-days"),
        pytest.param(timedelta(days=7, hours=1), "7 days left", "bad", id="7-days"),
        pytest.param(timedelta(days=1, hours=1), "1 day left", "bad", id="1-day"),
        pytest.param(timedelta(hours=3), "last day", "bad", id="hours"),
        pytest.param(timedelta(hours=-1), "today", "bad", id="just-over"),
        pytest.param(timedelta(days=-23, hours=-1), "23 days ago", "bad", id="over"),
    ],
)
def test_a_row_says_how_long_its_key_still_works(left, words, level, as_reader, db):
    at = NOW()
    IssuedFactory(at=at - timedelta(days=90), expires_at=at + left)

    line = second_line(as_reader.get(screens.KEYS), "state")

    assert f", {words}" in line
    assert line.startswith(f' is-{level}"' if level else '"')


def test_a_row_without_an_end_says_so(as_reader, db):
    IssuedFactory(expires_at=None)

    assert ">Never expires<" in second_line(as_reader.get(screens.KEYS), "state")


def test_a_key_in_rotation_says_so_until_the_old_token_is_gone(as_reader, db):
    kept, ended, plain, at_once = (
        IssuedFactory(fields__name=name).key
        for name in ("kept", "ended", "plain", "at once")
    )
    for key in (kept, ended):
        rotate_key(key.key_id, overlap=timedelta(days=2), actor=OPERATOR, at=NOW())
    rotate_key(at_once.key_id, overlap=timedelta(0), actor=OPERATOR, at=NOW())

    before = screens.first_lines(as_reader.get(f"{screens.KEYS}?o=0"), "state")
    cancel_rotation(kept.key_id, actor=OPERATOR, at=NOW())
    end_rotation(ended.key_id, actor=OPERATOR, at=NOW())
    after = screens.text_of(as_reader.get(screens.KEYS))

    assert before == ["Active", "Active Rotating", "Active Rotating", "Active"]
    assert "Rotating" not in after
    assert plain.key_id in after


def test_the_mark_of_a_rotation_tells_until_when_the_old_token_works(as_reader, db):
    rotating()

    text = screens.text_of(as_reader.get(screens.KEYS))

    day = NOW() + timedelta(days=2)
    assert f'title="Old token works until {day:%-d %b %Y}' in text


def test_an_overlap_that_is_over_is_no_rotation(as_reader, db):
    key = IssuedFactory(at=NOW() - timedelta(days=9)).key
    before = NOW() - timedelta(days=8)
    rotate_key(key.key_id, overlap=timedelta(days=2), actor=OPERATOR, at=before)

    assert "Rotating" not in screens.text_of(as_reader.get(screens.KEYS))


def test_the_whole_id_and_the_whole_name_stand_in_the_row(as_reader, db):
    key = IssuedFactory(fields__name="x" * 100).key

    text = screens.text_of(as_reader.get(screens.KEYS))

    assert f'title="{"x" * 100}"' in text
    assert f'title="{key.key_id}">{key.key_id}</span>' in text


def test_a_search_for_the_id_of_a_deleted_key_finds_it(as_reader, key):
    gone = deleted()

    response = as_reader.get(f"{screens.KEYS}?q={gone.key_id}")

    text = screens.text_of(response)
    link = f"?q={gone.key_id}&status=deleted"
    assert "1 deleted key matches." in text
    assert f'href="{link}"' in text
    assert screens.listed(as_reader.get(f"{screens.KEYS}{link}")) == [gone.name]


def test_a_search_that_finds_both_counts_the_deleted_ones_beside(as_reader, db):
    IssuedFactory(fields__name="Shop of the north")
    deleted(fields__name="Shop of the south")
    deleted(fields__name="Shop of the west")

    response = as_reader.get(f"{screens.KEYS}?q=shop")

    assert "2 deleted keys match. Show them" in screens.notes(response)
    assert screens.listed(response) == ["Shop of the north"]


@pytest.mark.parametrize(
    "query", ["q=nothing", "q=Gone&status=deleted", "status=active"]
)
def test_deleted_keys_are_no_news_where_they_do_not_match_or_are_shown(
    query, as_reader, key
):
    deleted(fields__name="Gone")

    text = screens.text_of(as_reader.get(f"{screens.KEYS}?{query}"))

    assert "deleted key" not in text


def test_tombstones_alone_are_not_the_same_as_no_keys(as_reader, db):
    gone = deleted()

    text = screens.text_of(as_reader.get(screens.KEYS))

    assert "No API keys yet" not in text
    assert "All keys are deleted" in text
    assert 'href="?status=deleted"' in text
    assert screens.listed(as_reader.get(f"{screens.KEYS}?status=deleted")) == [
        gone.name
    ]


@pytest.mark.parametrize("change", [str, str.lower, str.upper, lambda text: text[5:12]])
def test_an_id_is_found_in_any_case_and_by_a_part(change, as_reader, key):
    IssuedFactory()

    response = as_reader.get(f"{screens.KEYS}?q={change(key.key_id)}")

    assert screens.listed(response) == [key.name]


@pytest.mark.parametrize("text", ["BÜRO", "Büro", "kd_büro", "KD_B"])
def test_a_name_is_found_though_it_reads_like_an_id(text, as_reader, db):
    IssuedFactory(fields__name="KD_BÜRO kd_büro BÜRO Büro")

    assert len(screens.listed(as_reader.get(f"{screens.KEYS}?q={text}"))) == 1
