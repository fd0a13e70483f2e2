"""Addresses that act on a POST, asked for by a GET: after a sign-in, by a link, a reload."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import URLPattern, URLResolver
from django.utils import timezone

from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import OPERATOR
from apikeys.keys.services import deactivate_key
from apikeys.plugin_tokens.services import issue_plugin_token, set_may_manage_tokens
from tests.apikeys.pages import screens
from tests.factories import RoleFactory

NOTHING = "Nothing was done: only its button does that."


@pytest.fixture
def token(db):
    return issue_plugin_token(
        name="Tenant", domains=["a.example"], actor=OPERATOR, at=timezone.now()
    ).token


@pytest.fixture
def inactive(key):
    deactivate_key(key.key_id, actor=OPERATOR, at=timezone.now())
    return key


def token_page(token, part=""):
    return f"/settings/apikeys/plugintoken/{token.public_id}/{part}"


def test_activate_leads_to_the_key_and_says_that_nothing_was_done(
    as_administrator, inactive
):
    before = screens.state()

    page = as_administrator.get(screens.page_of(inactive, "activate/"), follow=True)

    assert page.redirect_chain == [(screens.page_of(inactive), 302)]
    assert screens.notes(page)[0] == NOTHING
    assert screens.state() == before


def test_show_leads_to_the_plugin_token_and_shows_nothing(as_administrator, token):
    before = screens.state()

    page = as_administrator.get(token_page(token, "show/"), follow=True)

    assert page.redirect_chain == [(token_page(token), 302)]
    assert screens.notes(page)[0] == NOTHING
    assert 'id="plugin-token"' not in screens.text_of(page)
    assert screens.state() == before


def test_mark_of_a_marked_token_leads_to_it(as_administrator, token):
    set_may_manage_tokens(token.public_id, to=True, actor=OPERATOR, at=timezone.now())
    before = screens.state()

    page = as_administrator.get(token_page(token, "managing/"), follow=True)

    assert page.redirect_chain == [(token_page(token), 302)]
    assert screens.notes(page)[0] == NOTHING
    assert screens.state() == before


def test_sign_out_leads_to_settings_and_signs_nobody_out(as_administrator):
    page = as_administrator.get("/settings/logout/", follow=True)

    assert page.status_code == 200
    assert screens.notes(page)[0] == NOTHING
    assert as_administrator.get(screens.KEYS).status_code == 200


def test_other_methods_are_still_refused(as_administrator, inactive):
    response = as_administrator.put(screens.page_of(inactive, "activate/"))

    assert response.status_code == 405


def _routes(patterns, before=""):
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def test_no_address_of_settings_answers_a_get_with_405(as_superuser, inactive, token):
    role = RoleFactory(name="Bookkeeping")
    entry = AuditEntry.objects.latest("pk")
    routes = {
        route
        for route in _routes(admin.site.urls[0])
        if not route.startswith(("^", "(", "logout"))
    }

    def path(route):
        pk = entry.pk if "auditentry" in route else role.pk
        return (
            route.replace("<str:key_id>", inactive.key_id)
            .replace("<uuid:token_id>", str(token.public_id))
            .replace("<path:object_id>", str(pk))
            .replace("<path:content_type_id>", "1")
        )

    refused = {
        route
        for route in routes
        if as_superuser.get(f"/settings/{path(route)}").status_code == 405
    }

    assert len(routes) > 20
    assert refused == set()
