from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import URLPattern, URLResolver
from django.utils import timezone

from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import OPERATOR
from apikeys.plugin_tokens.services import issue_plugin_token
from tests.apikeys.pages import screens
from tests.factories import PersonFactory, RoleFactory

# By route: GET and POST as administrator, account reader and outsider.
STATUSES = {
    "": ("302 302", "302 302", "200 200"),
    "password_change/": ("200 200", "200 200", "200 200"),
    "password_change/done/": ("200 405", "200 405", "200 405"),
    "autocomplete/": ("403 405", "403 405", "403 405"),
    "jsi18n/": ("200 405", "200 405", "200 405"),
    "r/<path:content_type_id>/<path:object_id>/": ("404 404", "404 404", "404 404"),
    "^(?P<app_label>apikeys|auth)/$": ("302 302", "302 302", "302 302"),
    "(?P<url>.*)$": ("404 404", "404 404", "404 404"),
    "apikeys/auditentry/": ("200 200", "200 200", "403 403"),
    "apikeys/auditentry/add/": ("403 403", "403 403", "403 403"),
    "apikeys/auditentry/<path:object_id>/": ("302 302", "302 302", "302 302"),
    "apikeys/auditentry/<path:object_id>/history/": ("404 404", "404 404", "404 404"),
    "apikeys/auditentry/<path:object_id>/delete/": ("403 403", "403 403", "403 403"),
    "apikeys/auditentry/<path:object_id>/change/": ("200 403", "200 403", "403 403"),
    "apikeys/apikey/": ("200 200", "200 200", "403 403"),
    "apikeys/apikey/add/": ("200 200", "403 403", "403 403"),
    "apikeys/apikey/<str:key_id>/": ("200 302", "200 403", "403 403"),
    "apikeys/apikey/<str:key_id>/rotate/": ("200 200", "403 403", "403 403"),
    "apikeys/apikey/<str:key_id>/cancel-rotation/": ("302 302", "403 403", "403 403"),
    "apikeys/apikey/<str:key_id>/end-rotation/": ("302 302", "403 403", "403 403"),
    "apikeys/apikey/<str:key_id>/password/": ("404 404", "403 403", "403 403"),
    "apikeys/apikey/<str:key_id>/deactivate/": ("200 302", "403 403", "403 403"),
    "apikeys/apikey/<str:key_id>/activate/": ("302 302", "403 403", "403 403"),
    "apikeys/apikey/<str:key_id>/delete/": ("200 302", "403 403", "403 403"),
    "apikeys/plugintoken/": ("200 200", "200 200", "403 403"),
    "apikeys/plugintoken/add/": ("200 302", "403 403", "403 403"),
    "apikeys/plugintoken/<uuid:token_id>/": ("200 302", "200 403", "403 403"),
    "apikeys/plugintoken/<uuid:token_id>/show/": ("302 200", "403 403", "403 403"),
    "apikeys/plugintoken/<uuid:token_id>/replace/": ("200 302", "403 403", "403 403"),
    "apikeys/plugintoken/<uuid:token_id>/managing/": ("200 302", "403 403", "403 403"),
    "apikeys/plugintoken/<uuid:token_id>/delete/": ("200 302", "403 403", "403 403"),
    "auth/group/": ("200 200", "200 200", "403 403"),
    "auth/group/add/": ("200 302", "403 403", "403 403"),
    "auth/group/<path:object_id>/": ("302 302", "302 302", "302 302"),
    "auth/group/<path:object_id>/history/": ("404 404", "404 404", "404 404"),
    "auth/group/<path:object_id>/delete/": ("200 302", "403 403", "403 403"),
    "auth/group/<path:object_id>/change/": ("200 302", "200 403", "403 403"),
}
OPEN_TO_ALL = {"login/", "logout/"}


def routes(patterns, before=""):
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


@pytest.fixture
def role(db):
    return RoleFactory(name="Bookkeeping")


@pytest.fixture
def token(db):
    return issue_plugin_token(
        name="Tenant", domains=["a.example"], actor=OPERATOR, at=timezone.now()
    ).token


@pytest.fixture
def posts(key, role, token):
    """For each route its address, and a POST that would do what it is for."""
    entry = AuditEntry.objects.get(subject_id=key.key_id)
    role_form = {"name": "Renamed", "permissions": []}
    forms = {
        "apikeys/apikey/add/": screens.issue_form(name="Another"),
        "apikeys/apikey/<str:key_id>/": screens.edit_form(key, name="Renamed"),
        "apikeys/apikey/<str:key_id>/rotate/": screens.rotate_form(key),
        "apikeys/apikey/<str:key_id>/password/": {"nonce": screens.nonce()},
        "apikeys/apikey/<str:key_id>/delete/": {"typed_name": key.name},
        "apikeys/plugintoken/add/": {
            "name": "Another",
            "domains": "b.example",
            "nonce": screens.nonce(),
        },
        "apikeys/plugintoken/<uuid:token_id>/": {
            "name": token.name,
            "domains": "b.example",
            "version": token.version,
        },
        "apikeys/plugintoken/<uuid:token_id>/replace/": {"nonce": screens.nonce()},
        "apikeys/plugintoken/<uuid:token_id>/delete/": {"typed_name": token.name},
        "auth/group/add/": role_form,
        "auth/group/<path:object_id>/change/": role_form,
        "auth/group/<path:object_id>/delete/": {"post": "yes"},
        "apikeys/auditentry/<path:object_id>/change/": {"actor": "nobody"},
        "apikeys/auditentry/<path:object_id>/delete/": {"post": "yes"},
    }

    def found(route):
        pk = entry.pk if "auditentry" in route else role.pk
        path = (
            route.replace("<str:key_id>", key.key_id)
            .replace("<uuid:token_id>", str(token.public_id))
            .replace("<path:object_id>", str(pk))
            .replace("<path:content_type_id>", "1")
            .replace("^(?P<app_label>apikeys|auth)/$", "apikeys/")
            .replace("(?P<url>.*)$", "nowhere")
        )
        bulk = {"action": "delete_selected", "_selected_action": pk, "post": "yes"}
        return f"/settings/{path}", forms.get(route, bulk)

    return found


def answers(client, asked) -> str:
    path, data = asked
    return f"{client.get(path).status_code} {client.post(path, data).status_code}"


def test_the_table_names_every_page_of_settings():
    walked = set(routes(admin.site.urls[0]))

    assert walked == set(STATUSES) | OPEN_TO_ALL


@pytest.mark.parametrize("route", STATUSES)
def test_an_administrator_gets_what_the_table_says(route, posts, as_administrator):
    assert answers(as_administrator, posts(route)) == STATUSES[route][0]


@pytest.mark.parametrize(("who", "column"), [("as_reader", 1), ("as_outsider", 2)])
def test_readers_and_outsiders_get_what_the_table_says_and_change_nothing(
    who, column, posts, request
):
    client = request.getfixturevalue(who)
    before = screens.state()

    found = {route: answers(client, posts(route)) for route in STATUSES}

    assert found == {route: row[column] for route, row in STATUSES.items()}
    assert screens.state() == before


@pytest.mark.parametrize("who", ["anonymous", "as_non_staff"])
def test_those_who_are_no_staff_are_sent_to_the_sign_in(who, posts, request):
    client = request.getfixturevalue(who)
    before = screens.state()

    found = {
        route: {client.get(path)["Location"], client.post(path, data)["Location"]}
        for route in STATUSES
        for path, data in (posts(route),)
    }

    assert found == {
        route: {f"/settings/login/?next={posts(route)[0]}"} for route in STATUSES
    }
    assert screens.state() == before


def test_an_outsider_has_no_navigation_and_is_told_so(as_outsider):
    response = as_outsider.get("/settings/")

    assert 'id="navigation"' not in screens.text_of(response)
    assert "Nothing here for your account" in screens.text_of(response)


@pytest.mark.parametrize("who", ["as_administrator", "as_reader"])
def test_those_who_may_look_have_every_entry_of_the_section(who, request):
    client = request.getfixturevalue(who)

    links = client.get(screens.KEYS).context["navigation"]

    assert [(str(link.label), link.url) for link in links] == [
        ("API keys", screens.KEYS),
        ("Plugin tokens", "/settings/apikeys/plugintoken/"),
        ("API reference", "/api/docs"),
        ("Roles", screens.ROLES),
        ("Audit trail", screens.AUDIT),
    ]


def test_each_look_permission_opens_its_own_list_only(client, db):
    holder = RoleFactory(permissions=["auth.view_group"])
    client.force_login(PersonFactory(roles=[holder.name]))
    paths = (screens.KEYS, screens.ROLES, screens.AUDIT)

    assert [client.get(path).status_code for path in paths] == [403, 200, 403]


def test_a_reader_sees_lists_without_buttons_that_change(as_reader, key):
    pages = [as_reader.get(path) for path in (screens.KEYS, screens.ROLES)]

    assert [b"+</span>" in page.content for page in pages] == [False, False]
    assert [screens.ADD in screens.text_of(page) for page in pages] == [False, False]


def test_a_reader_sees_a_key_page_whose_only_forms_ask(as_reader, key):
    text = screens.text_of(as_reader.get(screens.page_of(key)))

    main = text.split('id="content"')[1]
    assert main.count("<form") == 1
    assert f'method="get" action="{screens.page_of(key)}#try"' in main
    assert "object-tools" not in text


def test_a_person_who_lost_staff_loses_the_screens_at_once(
    as_administrator, administrator, key
):
    administrator.is_staff = False
    administrator.save()

    response = as_administrator.post(screens.page_of(key, "deactivate/"))

    key.refresh_from_db()
    assert response["Location"].startswith("/settings/login/")
    assert key.is_active is True


def test_a_person_switched_off_loses_the_screens_at_once(
    as_administrator, administrator, key
):
    administrator.is_active = False
    administrator.save()

    assert as_administrator.get(screens.page_of(key)).status_code == 302


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_change_nothing(method, as_administrator, key):
    before = screens.state()

    response = getattr(as_administrator, method)(screens.page_of(key))

    assert response.status_code == 405
    assert screens.state() == before
