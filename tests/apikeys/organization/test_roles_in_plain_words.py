"""Roles speak to people: no codename, no name of a table, no "group"."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group

from apikeys.organization.roles import PLUGIN_TOKEN_PERMISSIONS
from apikeys.permission_words import in_words, one_in_words, order_of
from tests.apikeys.pages import screens
from tests.factories import PersonFactory, RoleFactory, permission

DJANGO = re.compile(
    r"Can (?:view|add|change)|[a-z]+\.(?:view|add|change|delete|manage)_"
    r"|\bgroups?\b(?!/)|object \(|relationship|plugin token \|",
    re.IGNORECASE,
)
LONG = "n" * 100


@pytest.fixture
def role(db):
    return RoleFactory(
        name="Support",
        permissions=["apikeys.view_apikey", *PLUGIN_TOKEN_PERMISSIONS],
    )


def main_of(response):
    """What people read of a page, without its markup and addresses."""
    main = screens.text_of(response).split("<main")[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def page_of(role, part="change/"):
    return f"{screens.ROLES}{role.pk}/{part}"


@pytest.mark.parametrize("part", ["change/", "delete/"])
def test_pages_of_a_role_speak_plainly(as_administrator, role, part):
    as_administrator.post(
        page_of(role),
        {"name": "Help", "permissions": [permission("auth.view_group").pk]},
    )

    text = main_of(as_administrator.get(page_of(role, part)))

    assert DJANGO.findall(text) == []


@pytest.mark.parametrize("path", ["", "add/"])
def test_list_and_form_speak_plainly(as_administrator, role, path):
    response = as_administrator.get(f"{screens.ROLES}{path}")

    assert DJANGO.findall(main_of(response)) == []


def test_form_lists_what_can_be_chosen_in_words_and_in_order(as_administrator):
    response = as_administrator.get(f"{screens.ROLES}add/")

    labels = re.findall(
        r'name="permissions"[^>]*>\s*([^<]+)</label>', response.content.decode()
    )
    assert [label.strip() for label in labels][:8] == [
        "Settings pages: view API keys and plugin tokens",
        "Settings pages: view roles",
        "Settings pages: view the audit trail",
        "Settings pages: manage API keys, plugin tokens and roles",
        "Plugin tokens: view",
        "Plugin tokens: create",
        "Plugin tokens: change",
        "Plugin tokens: delete",
    ]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "Administrator",
            [
                "Settings pages: view API keys and plugin tokens, view roles, view the"
                " audit trail, manage API keys, plugin tokens and roles",
                "Plugin tokens: view, create, change, delete",
            ],
        ),
        (
            "Account Reader",
            [
                "Settings pages: view API keys and plugin tokens, view roles, view the"
                " audit trail"
            ],
        ),
        ("Full access", ["Plugin tokens: view, create, change, delete"]),
    ],
)
def test_built_in_role_says_what_it_holds(as_reader, name, lines):
    text = main_of(as_reader.get(page_of(Group.objects.get(name=name))))

    for line in lines:
        assert line in text
    assert DJANGO.findall(text) == []


def test_role_without_permissions_says_so_to_a_reader(as_reader):
    role = RoleFactory(name="Label")

    assert "Permissions None" in main_of(as_reader.get(page_of(role)))


def test_messages_name_the_role(as_administrator, role):
    form = {"name": "Clerks", "permissions": []}
    said = []
    for path, data in (
        (f"{screens.ROLES}add/", form),
        (page_of(role), {"name": "Help", "permissions": []}),
        (page_of(role, "delete/"), {"post": "yes"}),
    ):
        said += screens.notes(as_administrator.post(path, data, follow=True))

    assert said == [
        "The role “Clerks” is created.",
        "The role “Help” is saved. It applies to every call from now on.",
        "The role “Help” is deleted.",
    ]


def test_name_of_a_role_is_no_markup_in_messages(as_administrator):
    form = {"name": "<b>%s</b>", "permissions": []}

    response = as_administrator.post(f"{screens.ROLES}add/", form, follow=True)

    assert "The role “&lt;b&gt;%s&lt;/b&gt;” is created." in response.content.decode()


def test_delete_page_says_who_loses_what(as_administrator, role):
    unheld = main_of(as_administrator.get(page_of(role, "delete/")))
    PersonFactory.create_batch(2, roles=["Support"])

    text = main_of(as_administrator.get(page_of(role, "delete/")))

    assert "Delete role “Support”?" in text
    assert "Plugin tokens: view, create, change, delete" in text
    assert "2 people hold it and lose what it gives." in text
    assert "Nobody holds it." in unheld


def test_page_shows_its_changes_to_those_who_may_see_the_trail(
    as_administrator, client, role
):
    as_administrator.post(page_of(role), {"name": "Help", "permissions": []})
    client.force_login(
        PersonFactory(roles=[RoleFactory(permissions=["auth.view_group"]).name])
    )

    seen, unseen = (
        main_of(browser.get(page_of(role))) for browser in (as_administrator, client)
    )

    assert "Role changed" in seen
    assert "Settings pages: view API keys and plugin tokens" in seen
    assert "Role changed" not in unseen


def test_audit_trail_names_permissions_in_words(as_administrator, role):
    for form in (
        {"name": "Support", "permissions": []},
        {"name": "Support", "permissions": [permission("auth.view_group").pk]},
    ):
        as_administrator.post(page_of(role), form)

    trail = main_of(as_administrator.get(screens.AUDIT))

    assert "Plugin tokens: view, create, change, delete" in trail
    assert DJANGO.findall(trail) == []


def test_role_pages_load_our_modules_alone(as_administrator, role):
    for path in (page_of(role), f"{screens.ROLES}add/", page_of(role, "delete/")):
        page = as_administrator.get(path).content.decode()
        scripts = re.findall(r'<script[^>]*src="([^"]+)"', page)
        others = [src for src in scripts if not src.startswith("/static/js/")]
        assert others == ["/static/admin/js/theme.js"]
        assert "jquery" not in page.lower()


def test_error_of_the_permissions_stands_below_them(as_administrator, role):
    response = as_administrator.post(
        page_of(role), {"name": "Help", "permissions": ["999999"]}
    )

    page = response.content.decode()
    assert page.index('type="checkbox"') < page.index('class="errorlist"')


@pytest.mark.parametrize(
    ("names", "lines"),
    [
        ([], []),
        (
            ["apikeys.manage_apis"],
            ["Settings pages: manage API keys, plugin tokens and roles"],
        ),
        (
            ["apikeys.delete_plugintoken", "apikeys.view_plugintoken"],
            ["Plugin tokens: view, delete"],
        ),
        (["apikeys.change_person"], ["People: change"]),
        (["crm.approve_invoice"], ["Other: crm.approve_invoice"]),
        (["nothing"], ["Other: nothing"]),
    ],
)
def test_permissions_in_words(names, lines):
    assert in_words(names) == lines


def test_single_permission_in_words():
    assert one_in_words("apikeys.add_plugintoken") == "Plugin tokens: create"
    assert order_of("auth.view_group") < order_of("apikeys.view_plugintoken")
