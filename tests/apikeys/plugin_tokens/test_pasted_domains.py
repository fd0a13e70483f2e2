"""Domains as people paste them, through the API and the screens."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from apikeys.plugin_tokens.models import PluginToken
from tests.apikeys.pages import screens
from tests.plugin_tokens import make_token

pytestmark = pytest.mark.django_db

TOKENS = "/settings/apikeys/plugintoken/"
APP = (
    "The address of an app, not of a site: {}. Any other app can have the same one, so"
    " this lets all of them in."
)


def _public(domain):
    return (
        f"“{domain}” is a public suffix: anybody can have a domain below it, and all of"
        " them would be let in. Name your own domain."
    )


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("localhost:*", ["localhost"]),
        ("[::1]:3000", ["[::1]:3000"]),
        ("a.com b.com", ["a.com", "b.com"]),
        ("a.com; b.com", ["a.com", "b.com"]),
        ("https://a.com/x", ["a.com"]),
        ("a.com # main", ["a.com"]),
        ("capacitor://localhost", ["capacitor://localhost"]),
    ],
)
def test_list_is_read_as_people_write_it(text, stored, api, as_administrator):
    answer = api("POST", "/api/api-tokens", {"name": "api", "domains": text})
    as_administrator.post(
        f"{TOKENS}add/", {"name": "page", "domains": text, "nonce": screens.nonce()}
    )

    assert answer.json()["data"]["domains"] == ",".join(stored)
    assert [token.domains for token in PluginToken.objects.all()] == [stored] * 2


@pytest.mark.parametrize(
    "domain",
    [
        *("github.io", "com", "co.uk", "foo.kawasaki.jp", "vercel.app"),
        *("github.io:443", "xn--p1ai"),
    ],
)
def test_public_suffix_is_a_422_that_says_why(domain, api):
    answer = api("POST", "/api/api-tokens", {"name": "x", "domains": f"a.com,{domain}"})

    assert answer.status_code == 422
    assert answer.json() == {
        "message": _public(domain),
        "errors": {"domains": [_public(domain)]},
    }
    assert not PluginToken.objects.exists()


@pytest.mark.parametrize(
    "domain", ["you.github.io", "localhost", "intranet.corp", "www.ck", "1.2.3.4"]
)
def test_domain_that_somebody_has_is_taken(domain, api):
    answer = api("POST", "/api/api-tokens", {"name": "x", "domains": domain})

    assert answer.json()["data"]["domains"] == domain


def test_public_suffix_cannot_be_added_later(api, as_administrator):
    token, _ = make_token(domains="a.com")

    added = api(
        "POST", f"/api/api-tokens/{token.public_id}/add-domains", {"domains": "com"}
    )
    edited = as_administrator.post(
        f"{TOKENS}{token.public_id}/",
        {"name": token.name, "domains": "a.com\nx.xn--p1ai\nxn--p1ai", "version": "0"},
        follow=True,
    )

    assert added.status_code == 422
    assert screens.errors_beside_fields(edited) == {"domains": [_public("xn--p1ai")]}
    assert PluginToken.objects.get().domains == ["a.com"]


def test_public_suffix_from_before_can_be_removed():
    token, _ = make_token(domains="a.com")
    PluginToken.objects.update(domains=["a.com", "github.io", "b.com"])

    call_command("remove_domains", str(token.public_id), "b.com")
    call_command("remove_domains", str(token.public_id), "github.io")

    assert PluginToken.objects.get().domains == ["a.com"]


def test_public_suffix_is_an_error_of_the_field_of_a_new_token(as_administrator):
    answer = as_administrator.post(
        f"{TOKENS}add/", {"name": "x", "domains": "github.io", "nonce": screens.nonce()}
    )

    assert screens.errors_beside_fields(answer) == {"domains": [_public("github.io")]}


def test_address_of_an_app_is_warned_of(as_administrator, capsys):
    token, _ = make_token(domains="a.com")

    call_command("add_domains", str(token.public_id), "ionic://localhost,b.com")
    page = as_administrator.get(f"{TOKENS}{token.public_id}/", follow=True)

    text = APP.format("ionic://localhost")
    assert capsys.readouterr().err.strip() == text
    assert text in screens.notes(page)


def test_page_of_an_app_is_let_in_by_its_own_entry_alone(client):
    _, value = make_token(domains="capacitor://localhost,a.com")

    answers = [
        client.post(
            "/api/plugin/authorize",
            {"token": value},
            content_type="application/json",
            HTTP_ORIGIN=origin,
        )
        for origin in (
            "capacitor://localhost",
            "ionic://localhost",
            "https://localhost",
        )
    ]

    assert [answer.status_code for answer in answers] == [200, 403, 403]
    assert answers[0]["Access-Control-Allow-Origin"] == "capacitor://localhost"
    assert not answers[1].has_header("Access-Control-Allow-Origin")


@pytest.mark.parametrize(
    ("site", "is_let_in"),
    [
        ("http://münchen.de", True),
        ("https://shop.MÜNCHEN.de/x", True),
        ("xn--mnchen-3ya.de", True),
        ("http://munchen.de", False),
        ("capacitor://localhost", True),
        ("ionic://localhost", False),
        ("http://[::1]:3000/x", True),
        ("http://[::1]:3001/x", False),
    ],
)
def test_tester_answers_for_what_the_browser_sends(site, is_let_in, as_administrator):
    token, _ = make_token(domains="xn--mnchen-3ya.de,capacitor://localhost,[::1]:3000")

    page = as_administrator.get(
        f"{TOKENS}{token.public_id}/", {"site": site}, follow=True
    )

    assert ("It would be let in." in screens.text_of(page)) is is_let_in
