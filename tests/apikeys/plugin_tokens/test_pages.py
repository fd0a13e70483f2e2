from __future__ import annotations

import pytest
from django.utils import timezone

from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import OPERATOR
from apikeys.plugin_tokens import services
from apikeys.plugin_tokens.models import PluginToken
from tests.apikeys.pages import screens

TOKENS = "/settings/apikeys/plugintoken/"


@pytest.fixture
def issued(db) -> services.IssuedPluginToken:
    return services.issue_plugin_token(
        name="Tenant",
        domains=["tenant.example.com"],
        actor=OPERATOR,
        at=timezone.now(),
    )


@pytest.fixture
def token(issued: services.IssuedPluginToken) -> PluginToken:
    return issued.token


def page_of(token: PluginToken, part: str = "") -> str:
    return f"{TOKENS}{token.public_id}/{part}"


def create_form(**given):
    return {
        "name": "Tenant",
        "domains": "tenant.example.com",
        "nonce": screens.nonce(),
        **given,
    }


def edit_form(token: PluginToken, **given):
    """The form of a token's page, as it shows it."""
    domains = "\n".join(token.domains)
    return {"name": token.name, "domains": domains, "version": token.version, **given}


def actions() -> list[str]:
    entries = AuditEntry.objects.order_by("pk")
    return list(entries.values_list("action", flat=True))


def test_pasted_domains_are_stored_in_normal_form(as_administrator):
    pasted = "Tenant.Example.com.\nmüller.example, localhost:3000\ntenant.example.com"

    response = as_administrator.post(f"{TOKENS}add/", create_form(domains=pasted))

    token = PluginToken.objects.get()
    assert response.status_code == 302
    assert response["Location"] == page_of(token)
    assert token.domains == [
        "tenant.example.com",
        "xn--mller-kva.example",
        "localhost:3000",
    ]
    assert actions() == ["plugin_token_created"]


def test_every_wrong_domain_is_named_beside_its_field(as_administrator):
    form = create_form(domains="ftp://a.example\n*.b.example\nc.example")

    response = as_administrator.post(f"{TOKENS}add/", form)

    assert screens.errors_beside_fields(response)["domains"] == [
        "“ftp://a.example” is the address of no site or app.",
        "“*.b.example” has a wildcard; a domain covers its subdomains without one.",
    ]
    assert not PluginToken.objects.exists()


def test_a_taken_name_is_an_error_and_replaces_nothing(as_administrator, token):
    response = as_administrator.post(
        f"{TOKENS}add/", create_form(domains="other.example")
    )

    assert screens.errors_beside_fields(response)["name"] == [
        "A plugin token has this name already."
    ]
    assert list(PluginToken.objects.values_list("domains", "digest")) == [
        (token.domains, token.digest)
    ]


def test_the_create_form_sent_twice_makes_one_token(as_administrator):
    form = create_form()

    first = as_administrator.post(f"{TOKENS}add/", form)
    second = as_administrator.post(f"{TOKENS}add/", form)

    assert PluginToken.objects.count() == 1
    assert first["Location"] == second["Location"]


def test_the_value_is_on_the_page_only_after_asking_and_that_is_audited(
    as_administrator, issued
):
    before = as_administrator.get(page_of(issued.token))

    shown = as_administrator.post(page_of(issued.token, "show/"))

    after = as_administrator.get(page_of(issued.token))
    assert issued.value not in before.content.decode()
    assert screens.shown_value(shown, "plugin-token") == issued.value
    assert "no-store" in shown["Cache-Control"]
    assert issued.value not in after.content.decode()
    assert actions() == ["plugin_token_created", "plugin_token_shown"]


def test_an_edited_list_of_domains_holds_at_once(as_administrator, token, client):
    value = as_administrator.post(page_of(token, "show/"))
    text = screens.shown_value(value, "plugin-token")
    form = edit_form(token, domains="new.example")

    response = as_administrator.post(page_of(token), form)

    def status(origin):
        headers = {"Authorization": f"Bearer {text}", "Origin": origin}
        return client.post("/api/plugin/authorize", headers=headers).status_code

    assert response["Location"] == page_of(token)
    assert status("https://shop.new.example") == 200
    assert status("https://tenant.example.com") == 403


def test_the_last_domain_cannot_be_removed(as_administrator, token):
    form = edit_form(token, domains=" \n")

    response = as_administrator.post(page_of(token), form)

    token.refresh_from_db()
    assert list(screens.errors_beside_fields(response)) == ["domains"]
    assert token.domains == ["tenant.example.com"]


def test_a_form_of_an_older_version_saves_nothing(as_administrator, token):
    services.add_domains(
        token.public_id, domains=["b.example"], actor=OPERATOR, at=timezone.now()
    )
    form = edit_form(token, domains="mine.example")

    response = as_administrator.post(page_of(token), form)

    token.refresh_from_db()
    assert "Somebody changed this after you opened the form" in screens.text_of(
        response
    )
    assert "mine.example" in screens.text_of(response)
    assert token.domains == ["tenant.example.com", "b.example"]


@pytest.mark.parametrize(
    ("site", "said"),
    [
        ("https://a.tenant.example.com/editor", "It would be let in."),
        ("tenant.example.com", "It would be let in."),
        ("https://badtenant.example.com", "Refused: 403 domain_not_allowed."),
        ("nonsense of a site", "Refused: 403 domain_not_allowed."),
    ],
)
def test_tester_answers_as_the_domain_check_would(as_reader, token, site, said):
    response = as_reader.get(page_of(token), {"site": site})

    assert said in screens.text_of(response)


def test_a_replaced_value_makes_the_old_one_void(as_administrator, issued, client):
    form = {"nonce": screens.nonce()}

    as_administrator.post(page_of(issued.token, "replace/"), form)
    as_administrator.post(page_of(issued.token, "replace/"), form)

    headers = {
        "Authorization": f"Bearer {issued.value}",
        "Origin": "https://tenant.example.com",
    }
    answer = client.post("/api/plugin/authorize", headers=headers)
    assert answer.status_code == 403
    assert actions() == ["plugin_token_created", "plugin_token_replaced"]


def test_the_mark_is_set_and_taken_away(as_administrator, token):
    as_administrator.post(page_of(token, "managing/"), {"may_manage_tokens": "on"})
    token.refresh_from_db()
    was_marked = token.may_manage_tokens

    as_administrator.post(page_of(token, "managing/"))

    token.refresh_from_db()
    assert (was_marked, token.may_manage_tokens) == (True, False)


def test_deleting_needs_the_name(as_administrator, token):
    wrong = as_administrator.post(page_of(token, "delete/"), {"typed_name": "tenant"})
    count_after_wrong = PluginToken.objects.count()

    right = as_administrator.post(page_of(token, "delete/"), {"typed_name": "Tenant"})

    assert list(screens.errors_beside_fields(wrong)) == ["typed_name"]
    assert count_after_wrong == 1
    assert right["Location"] == TOKENS
    assert not PluginToken.objects.exists()
    assert actions()[-1] == "plugin_token_deleted"


@pytest.mark.parametrize("part", ["", "show/", "replace/", "managing/", "delete/"])
def test_a_reader_sees_the_page_and_changes_nothing(as_reader, token, part):
    page = as_reader.get(page_of(token))

    refused = as_reader.post(
        page_of(token, part),
        {
            "domains": "mine.example",
            "version": token.version,
            "nonce": screens.nonce(),
            "typed_name": token.name,
            "may_manage_tokens": "on",
        },
    )

    token.refresh_from_db()
    assert page.status_code == 200
    assert '<form method="post"' not in page.content.decode().split("<main", 1)[1]
    assert refused.status_code == 403
    assert token.domains == ["tenant.example.com"]
    assert actions() == ["plugin_token_created"]


@pytest.mark.parametrize("part", ["", "show/", "replace/", "managing/", "delete/"])
def test_an_outsider_is_refused_everywhere(as_outsider, token, part):
    looked = as_outsider.get(TOKENS)
    changed = as_outsider.post(page_of(token, part))

    assert (looked.status_code, changed.status_code) == (403, 403)
    assert PluginToken.objects.count() == 1


def test_the_list_is_found_by_name_and_by_domain(as_reader, token):
    services.issue_plugin_token(
        name="Other", domains=["other.example"], actor=OPERATOR, at=timezone.now()
    )

    by_name = as_reader.get(TOKENS, {"q": "Tenant"})
    by_domain = as_reader.get(TOKENS, {"q": "other.example"})

    assert screens.listed(by_name) == ["Tenant"]
    assert screens.listed(by_domain) == ["Other"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_with_every_number_of_rows(
    as_reader, db, django_assert_num_queries, count
):
    for number in range(count):
        services.issue_plugin_token(
            name=f"Tenant {number}",
            domains=["tenant.example.com"],
            actor=OPERATOR,
            at=timezone.now(),
        )
    as_reader.get(TOKENS)

    with django_assert_num_queries(8):
        as_reader.get(TOKENS)
