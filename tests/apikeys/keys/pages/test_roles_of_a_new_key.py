"""A key's roles are chosen once: only those that make sense, each with what it gives."""

from __future__ import annotations

import re

import pytest

from apikeys.keys.models import ApiKey
from apikeys.organization.roles import VIEW_TOKENS
from tests.apikeys.pages import screens
from tests.factories import RoleFactory


def offered(response):
    """The roles on the create form, and what is said of each."""
    labels = re.findall(
        r'<span class="role">(.*?) <small>(.*?)</small>', screens.text_of(response)
    )
    return dict(labels)


def test_each_role_says_what_it_gives(as_administrator):
    RoleFactory(name="Embedding", permissions=[VIEW_TOKENS, "auth.view_group"])
    RoleFactory(name="Sales of the CRM")
    RoleFactory(name="Of the CRM's own", permissions=["apikeys.change_person"])
    RoleFactory(name="Auditors", permissions=["apikeys.view_auditentry"])

    roles = offered(as_administrator.get(screens.ADD))

    nothing = "no permission of its own; the CRM behind the gate gets its name"
    assert roles == {
        "Embedding": "Plugin tokens: view",
        "Full access": "Plugin tokens: view, create, change, delete",
        "Of the CRM's own": "People: change",
        "Sales of the CRM": nothing,
    }


@pytest.mark.parametrize("name", ["Administrator", "Account Reader", "Auditors"])
def test_role_that_only_opens_settings_is_no_choice(as_administrator, name):
    role = RoleFactory._meta.model.objects.filter(name=name).first() or RoleFactory(
        name=name, permissions=["apikeys.view_auditentry"]
    )

    response = as_administrator.post(
        screens.ADD, screens.issue_form(roles=[str(role.pk)])
    )

    assert list(screens.errors_beside_fields(response)) == ["roles"]
    assert not ApiKey.objects.exists()


def test_name_of_a_role_is_no_markup(as_administrator):
    RoleFactory(name="<b>bold</b>")

    page = as_administrator.get(screens.ADD).content.decode()

    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "<b>bold</b>" not in page


def test_form_takes_as_many_queries_with_more_roles(
    as_administrator, django_assert_num_queries
):
    RoleFactory(permissions=[VIEW_TOKENS])
    with django_assert_num_queries(8):
        as_administrator.get(screens.ADD)

    for _ in range(3):
        RoleFactory(permissions=[VIEW_TOKENS, "apikeys.delete_plugintoken"])
    with django_assert_num_queries(8):
        as_administrator.get(screens.ADD)
