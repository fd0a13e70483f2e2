from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import OPERATOR, Actor
from apikeys.choices import ActorKind
from apikeys.keys.services import deactivate_key, delete_key
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory

ADA = Actor(ActorKind.PERSON, "ada", "192.0.2.7")


@pytest.fixture
def history(db):
    now = timezone.now()
    billing = IssuedFactory(
        fields__name="Billing", at=now - timedelta(days=60), actor=ADA
    ).key
    deactivate_key(billing.key_id, actor=OPERATOR, at=now - timedelta(days=10))
    delete_key(billing.key_id, actor=ADA, at=now - timedelta(days=3))
    IssuedFactory(fields__name="Shop", actor=ADA)
    return billing


def rows(client, query=""):
    """The action and the subject of each line, in order."""
    response = client.get(f"{screens.AUDIT}?{query}")
    columns = (screens.first_lines(response, name) for name in ("what", "subject"))
    return list(zip(*columns, strict=True))


CREATED = ("Key created", "Billing")
OFF = ("Key deactivated", "Billing")
GONE = ("Key deleted", "Billing")
SHOP = ("Key created", "Shop")


def test_the_newest_entry_comes_first_and_outlives_its_key(as_reader, history):
    assert rows(as_reader) == [SHOP, GONE, OFF, CREATED]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("action=key_created", [SHOP, CREATED]),
        ("action=key_deleted", [GONE]),
        ("action=role_deleted", []),
        ("action=nonsense", [SHOP, GONE, OFF, CREATED]),
        ("actor=person", [SHOP, GONE, CREATED]),
        ("actor=command", [OFF]),
        ("actor=key", []),
        ("actor=system", []),
        ("since=1", [SHOP]),
        ("since=7", [SHOP, GONE]),
        ("since=30", [SHOP, GONE, OFF]),
        ("q=shop", [SHOP]),
        ("q=operator", [OFF]),
        ("q=192.0.2.7", [SHOP, GONE, CREATED]),
        ("q=nobody", []),
        ("action=key_created&actor=person&q=Billing", [CREATED]),
    ],
)
def test_filters_and_search_keep_their_lines(query, expected, as_reader, history):
    assert rows(as_reader, query) == expected


def test_a_key_id_finds_all_lines_of_the_key(as_reader, history):
    assert rows(as_reader, f"q={history.key_id}") == [GONE, OFF, CREATED]


def test_a_line_says_who_and_from_where(as_reader, history):
    response = as_reader.get(f"{screens.AUDIT}?action=key_deleted")

    assert screens.first_lines(response, "who") == ["ada Person"]
    assert screens.first_lines(response, "from_address") == ["192.0.2.7"]


def test_one_entry_can_be_read_and_not_edited(as_reader, history):
    entry = AuditEntry.objects.latest("pk")

    text = screens.text_of(as_reader.get(f"{screens.AUDIT}{entry.pk}/change/"))

    main = text.split('id="content"')[1]
    assert "Shop" in main
    assert "<button" not in main
    assert re.findall(r'<(?:input|select|textarea)(?! type="hidden")', main) == []


@pytest.mark.parametrize("who", ["as_reader", "as_administrator", "as_superuser"])
def test_nobody_writes_in_the_trail(who, request, history):
    client = request.getfixturevalue(who)
    entry = AuditEntry.objects.latest("pk")
    form = {"actor": "nobody", "action": "key_created", "subject_name": "x"}
    before = screens.state()

    answers = [
        client.post(f"{screens.AUDIT}add/", form),
        client.post(f"{screens.AUDIT}{entry.pk}/change/", form),
        client.post(f"{screens.AUDIT}{entry.pk}/delete/", {"post": "yes"}),
        client.post(
            screens.AUDIT,
            {
                "action": "delete_selected",
                "_selected_action": [entry.pk],
                "post": "yes",
            },
        ),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 200]
    assert screens.state() == before


def test_an_empty_trail_says_what_will_stand_there(as_reader):
    text = screens.text_of(as_reader.get(screens.AUDIT))

    assert "Nothing has happened yet" in text


def test_times_are_shown_in_the_zone_of_the_person(as_reader, history):
    as_reader.cookies["timezone"] = "Asia/Tokyo"

    response = as_reader.get(f"{screens.AUDIT}?action=key_deleted")

    at = AuditEntry.objects.get(action="key_deleted").at
    here = at.astimezone(ZoneInfo("Asia/Tokyo"))
    (shown,) = screens.first_lines(response, "when")
    assert shown == f"{here:%-d %b %Y, %H:%M:%S}"
    title = f"{here:%-d %b %Y, %H:%M:%S} JST ({at:%Y-%m-%d %H:%M:%S} UTC)"
    assert f'title="{title}"' in screens.text_of(response)
    assert "Times in Asia/Tokyo" in screens.text_of(response)


def test_the_list_takes_as_many_queries_with_three_lines_as_with_one(
    as_reader, django_assert_num_queries, db
):
    IssuedFactory()
    with django_assert_num_queries(9):
        as_reader.get(screens.AUDIT)

    IssuedFactory.create_batch(2)
    with django_assert_num_queries(9):
        as_reader.get(screens.AUDIT)
