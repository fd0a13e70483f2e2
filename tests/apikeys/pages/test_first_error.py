"""A page that comes back with errors is read from the first of them on, without scripts."""

from __future__ import annotations

import re

import pytest

from tests.apikeys.pages import screens


def focused(response):
    tags = re.findall(r"<[^>]* autofocus[^>]*>", response.content.decode())
    return [name for tag in tags for name in re.findall(r' name="(\w+)"', tag)]


@pytest.mark.parametrize(
    ("given", "first"),
    [
        ({"name": "", "networks": "office"}, "name"),
        ({"networks": "office", "endpoints": "nonsense of"}, "networks"),
        ({"endpoints": "/api/../x"}, "endpoints"),
    ],
)
def test_first_wrong_field_of_a_key_has_the_focus(given, first, as_administrator, key):
    edited = as_administrator.post(
        screens.page_of(key), screens.edit_form(key, **given)
    )
    created = as_administrator.post(screens.ADD, screens.issue_form(**given))

    assert (focused(edited), focused(created)) == ([first], [first])


def test_page_without_errors_takes_no_focus(as_administrator, key):
    assert focused(as_administrator.get(screens.page_of(key))) == []


def test_errors_of_roles_stand_below_them_like_those_of_other_fields(
    as_administrator, db
):
    text = screens.text_of(
        as_administrator.post(screens.ADD, screens.issue_form(roles=[]))
    )

    roles = text.partition('data-field="roles"')[2].partition("</fieldset>")[0]
    assert roles.index("errorlist") > roles.index('type="checkbox"')


@pytest.mark.parametrize(
    ("given", "is_typed"),
    [
        ({"name": "", "roles": None, "networks": "", "endpoints": ""}, False),
        ({"roles": None, "networks": "", "endpoints": ""}, True),
        ({"name": "", "roles": None, "networks": "office", "endpoints": ""}, True),
    ],
)
def test_form_that_comes_back_says_whether_something_was_typed(
    given, is_typed, as_administrator, db
):
    page = as_administrator.post(screens.ADD, screens.issue_form(**given))

    text = screens.text_of(page)
    assert ('data-unsaved="changed"' in text) is is_typed
    assert ('data-unsaved=""' in text) is not is_typed
