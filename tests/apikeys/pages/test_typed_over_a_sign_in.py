"""A session ends while a form is open: nothing is done, and nothing typed is lost."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.keys.models import ApiKey
from apikeys.keys.services import deactivate_key
from apikeys.pages.typed import COOKIE, MAX_LENGTH
from apikeys.plugin_tokens.services import issue_plugin_token
from tests.apikeys.pages import screens
from tests.factories import RoleFactory

PASSWORD = "a long password of hers"
ENDED = "Your session had ended, so nothing was done."
AGAIN = "What you typed is here again: look at it and send it once more."


@pytest.fixture
def person(administrator):
    administrator.set_password(PASSWORD)
    administrator.save()
    return administrator


@pytest.fixture
def browser(client, person):
    return client


def sign_in(browser, sent):
    """Go where the answer sends, sign in there, and return the page that follows."""
    return browser.post(
        sent["Location"],
        {
            "username": "ada",
            "password": PASSWORD,
            "next": sent["Location"].partition("next=")[2],
        },
        follow=True,
    )


def values_of(page, form="form"):
    bound = page.context[form]
    return {name: bound[name].value() for name in bound.fields}


def test_edited_key_comes_back_as_it_was_typed_and_is_not_saved(browser, key):
    form = screens.edit_form(
        key, name="Renamed", networks="192.0.2.0/24", read_only="on", note="Ask Eve"
    )
    before = ApiKey.objects.values().get()

    sent = browser.post(screens.page_of(key), form)
    page = sign_in(browser, sent)

    assert page.redirect_chain[-1] == (screens.page_of(key), 302)
    assert screens.notes(page)[0] == f"{ENDED} {AGAIN}"
    assert values_of(page)["name"] == "Renamed"
    assert values_of(page)["networks"] == "192.0.2.0/24"
    assert values_of(page)["read_only"] is True
    assert values_of(page)["open_to_any_address"] is False
    assert ApiKey.objects.values().get() == before


def test_what_came_back_is_saved_when_it_is_sent(browser, key):
    page = sign_in(
        browser,
        browser.post(screens.page_of(key), screens.edit_form(key, name="Renamed")),
    )
    values = values_of(page)
    sent = {name: value for name, value in values.items() if value not in (False, None)}
    sent["networks"] = ", ".join(key.networks)

    browser.post(screens.page_of(key), sent)

    assert ApiKey.objects.get().name == "Renamed"


def test_it_comes_back_once(browser, key):
    sign_in(
        browser,
        browser.post(screens.page_of(key), screens.edit_form(key, name="Renamed")),
    )

    page = browser.get(screens.page_of(key))

    assert values_of(page)["name"] == key.name
    assert COOKIE not in browser.cookies or not browser.cookies[COOKIE].value


def test_change_by_others_meanwhile_is_still_noticed(browser, key):
    form = screens.edit_form(key, name="Mine")
    sent = browser.post(screens.page_of(key), form)
    ApiKey.objects.update(version=key.version + 1)

    page = sign_in(browser, sent)
    answer = browser.post(
        screens.page_of(key), {**form, "version": values_of(page)["version"]}
    )

    assert "Somebody changed this after you opened the form" in screens.text_of(answer)
    assert ApiKey.objects.get().name == key.name


def test_created_key_comes_back_without_its_password_and_nonce(browser):
    form = screens.issue_form(
        name="Portal", key_type="webservice_premium", password="correct horse battery"
    )

    sent = browser.post(screens.ADD, form)
    page = sign_in(browser, sent)

    values = values_of(page)
    assert "correct horse battery" not in sent.serialize().decode()
    assert screens.notes(page)[0] == (
        f"{ENDED} {AGAIN} Only the password must be typed again."
    )
    assert (values["name"], values["key_type"]) == ("Portal", "webservice_premium")
    assert values["roles"] == form["roles"]
    assert not values["password"]
    assert values["nonce"] != form["nonce"]
    assert not ApiKey.objects.exists()


def test_plugin_token_comes_back(browser):
    token = issue_plugin_token(
        name="Tenant", domains=["a.example"], actor=OPERATOR, at=timezone.now()
    ).token
    path = f"/settings/apikeys/plugintoken/{token.public_id}/"
    form = {"name": "Renamed", "domains": "b.example\nc.example", "version": 0}

    page = sign_in(browser, browser.post(path, form))

    values = values_of(page)
    assert (values["name"], values["domains"]) == ("Renamed", form["domains"])


@pytest.mark.parametrize("which", ["add", "change"])
def test_role_comes_back(which, browser):
    role = RoleFactory(name="Bookkeeping")
    wanted = Group.objects.get(name="Administrator").permissions.order_by("pk")[0]
    path = (
        f"{screens.ROLES}add/"
        if which == "add"
        else f"{screens.ROLES}{role.pk}/change/"
    )
    form = {"name": "Renamed", "permissions": [wanted.pk]}

    page = sign_in(browser, browser.post(path, form))

    bound = page.context["adminform"].form
    assert bound["name"].value() == "Renamed"
    assert bound["permissions"].value() == [str(wanted.pk)]
    assert not Group.objects.filter(name="Renamed").exists()


def test_action_without_a_form_leads_to_its_question(browser, key):
    sent = browser.post(screens.page_of(key, "deactivate/"))

    page = sign_in(browser, sent)

    assert page.status_code == 200
    assert "Deactivate “Billing”?" in screens.text_of(page)
    assert screens.notes(page)[0] == ENDED
    assert ApiKey.objects.get().is_active is True


def test_action_that_only_a_post_does_leads_to_the_object_and_says_it_once(
    browser, key
):
    deactivate_key(key.key_id, actor=OPERATOR, at=timezone.now())

    page = sign_in(browser, browser.post(screens.page_of(key, "activate/")))

    assert page.redirect_chain[-1] == (screens.page_of(key), 302)
    assert [note for note in screens.notes(page) if "nothing" in note.lower()] == [
        ENDED
    ]
    assert ApiKey.objects.get().is_active is False


def test_typed_name_of_a_deletion_is_not_kept(browser, key):
    page = sign_in(
        browser,
        browser.post(screens.page_of(key, "delete/"), {"typed_name": key.name}),
    )

    assert not values_of(page)["typed_name"]
    assert ApiKey.objects.get().deleted_at is None


def test_what_is_too_long_for_a_cookie_is_said_to_be_lost(browser, key):
    noise = "".join(chr(0x4E00 + number * 7 % 20000) for number in range(2000))

    sent = browser.post(screens.page_of(key), screens.edit_form(key, note=noise))
    length = len(sent.cookies[COOKIE].value)
    page = sign_in(browser, sent)

    assert length <= MAX_LENGTH
    assert "What you typed was too long to be kept" in screens.notes(page)[0]
    assert values_of(page)["note"] == key.note


def test_cookie_that_somebody_made_up_is_worth_nothing(as_administrator, key):
    as_administrator.cookies[COOKIE] = "eyJhIjoxfQ:1:forged"

    page = as_administrator.get(screens.page_of(key))

    assert page.status_code == 200
    assert values_of(page)["name"] == key.name


def test_dialog_that_fetches_the_page_leaves_it_for_the_page_itself(browser, key):
    sent = browser.post(
        screens.page_of(key), screens.edit_form(key, name="Renamed"), HTTP_X_DIALOG="1"
    )
    browser.post(sent["Location"], {"username": "ada", "password": PASSWORD})
    browser.get(screens.page_of(key), HTTP_X_DIALOG="1")

    page = browser.get(screens.page_of(key))

    assert values_of(page)["name"] == "Renamed"


def test_it_comes_back_on_its_own_page_only(browser, key):
    sent = browser.post(screens.ADD, screens.issue_form(name="Another"))
    browser.post(sent["Location"], {"username": "ada", "password": PASSWORD})

    page = browser.get(screens.page_of(key))

    assert values_of(page)["name"] == key.name


def test_cookie_is_for_the_server_alone(browser, key):
    sent = browser.post(screens.page_of(key), screens.edit_form(key))

    cookie = sent.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (
        True,
        "Lax",
        "/settings/",
    )
