from __future__ import annotations

import pytest
from django.utils import timezone

from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import OPERATOR
from apikeys.keys.services import delete_key
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory


@pytest.fixture
def deleted(key):
    delete_key(key.key_id, actor=OPERATOR, at=timezone.now())
    key.refresh_from_db()
    return key


def test_a_key_is_switched_off_and_on_again(as_administrator, client, db):
    issued = IssuedFactory(fields__name="Billing")
    headers = {"Authorization": f"Bearer {issued.token.text}"}

    def press(action):
        page = as_administrator.post(screens.page_of(issued.key, action), follow=True)
        call = client.get("/api/whoami", headers=headers)
        return screens.notes(page)[0], call.status_code

    assert press("deactivate/") == (
        "“Billing” is inactive: its calls are refused until you activate it.",
        401,
    )
    assert press("activate/") == ("“Billing” is active again.", 200)
    actions = AuditEntry.objects.filter(actor="ada").order_by("pk")
    assert [entry.action for entry in actions] == ["key_deactivated", "key_activated"]


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("activate/", "The key is already active."),
        ("deactivate/", "The key is already inactive."),
    ],
)
def test_a_second_press_says_that_it_is_so_already(action, text, as_administrator, key):
    path = screens.page_of(key, action)
    if action == "deactivate/":
        as_administrator.post(path, follow=True)
    before = screens.state()

    page = as_administrator.post(path, follow=True)

    assert screens.notes(page)[0] == text
    assert screens.state() == before


def test_a_key_page_offers_the_switch_that_works(as_administrator, key):
    path = screens.page_of(key)
    active = screens.text_of(as_administrator.get(path))
    as_administrator.post(screens.page_of(key, "deactivate/"))
    inactive = screens.text_of(as_administrator.get(path))

    assert [f"{path}{action}/" in active for action in ("deactivate", "activate")] == [
        True,
        False,
    ]
    assert [
        f"{path}{action}/" in inactive for action in ("deactivate", "activate")
    ] == [False, True]


@pytest.mark.parametrize("typed", ["billing", "Billin", "", "Billing\x00", None])
def test_a_key_is_not_deleted_without_its_exact_name(typed, as_administrator, key):
    before = screens.state()

    response = as_administrator.post(
        screens.page_of(key, "delete/"), {} if typed is None else {"typed_name": typed}
    )

    assert list(screens.errors_beside_fields(response)) == ["typed_name"]
    assert screens.state() == before


def test_a_deleted_key_is_refused_and_leaves_the_list(as_administrator, client, db):
    issued = IssuedFactory(fields__name="Billing")

    page = as_administrator.post(
        screens.page_of(issued.key, "delete/"), {"typed_name": "Billing"}, follow=True
    )

    headers = {"Authorization": f"Bearer {issued.token.text}"}
    call = client.get("/api/whoami", headers=headers)
    assert page.redirect_chain == [(screens.KEYS, 302)]
    assert screens.notes(page)[0] == (
        "“Billing” is deleted. Its calls are refused from now on."
    )
    assert screens.listed(page) == []
    assert (call.status_code, call.json()["code"]) == (401, "credentials_invalid")
    assert AuditEntry.objects.get(actor="ada").action == "key_deleted"


def test_the_delete_page_says_what_will_happen(as_administrator, key):
    text = screens.text_of(as_administrator.get(screens.page_of(key, "delete/")))

    assert "This cannot be undone; to pause a key, deactivate it." in text
    assert "It was never used." in text


@pytest.mark.parametrize("who", ["as_administrator", "as_reader"])
def test_a_deleted_keys_page_can_be_read_and_nothing_else(who, request, deleted):
    client = request.getfixturevalue(who)

    text = screens.text_of(client.get(screens.page_of(deleted)))

    main = text.split('id="content"')[1]
    assert "This key was deleted" in main
    assert "<form" not in main
    assert "object-tools" not in text


@pytest.mark.parametrize(
    ("part", "given", "status"),
    [
        ("", {"name": "Alive"}, 403),
        ("rotate/", {"overlap": "0"}, 404),
        ("password/", {}, 404),
        ("cancel-rotation/", {}, 404),
        ("end-rotation/", {}, 404),
        ("deactivate/", {}, 404),
        ("activate/", {}, 404),
        ("delete/", {"typed_name": "Billing"}, 404),
    ],
)
def test_nothing_brings_a_deleted_key_back(
    part, given, status, as_administrator, deleted
):
    form = screens.edit_form(deleted, nonce=screens.nonce(), **given)
    before = screens.state()

    response = as_administrator.post(screens.page_of(deleted, part), form)

    assert response.status_code == status
    assert screens.state() == before


def test_a_deleted_key_has_no_forms_of_its_own(as_administrator, deleted):
    found = [
        as_administrator.get(screens.page_of(deleted, part)).status_code
        for part in ("rotate/", "password/", "delete/")
    ]

    assert found == [404, 404, 404]
