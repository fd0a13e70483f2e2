"""Networks and endpoints as people paste them, and lists that restrict nothing."""

from __future__ import annotations

import pytest

from apikeys.changes.errors import InvalidFields
from apikeys.keys.models import ApiKey
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory

ALL_NETWORKS = (
    "These networks hold every address. If that is meant, tick “Open to any address”."
)
ALL_PATHS = (
    "These patterns match every path."
    " If that is meant, tick “All endpoints of its type”."
)


def create(client, **given):
    return client.post(screens.ADD, screens.issue_form(**given))


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param(
            "10.0.0.1;10.0.0.2", ["10.0.0.1/32", "10.0.0.2/32"], id="semicolon"
        ),
        pytest.param(
            "10.0.0.1 ; 10.1.0.0/16", ["10.0.0.1/32", "10.1.0.0/16"], id="both"
        ),
        pytest.param(
            "10.0.0.1 # office\r\n# the rest\r\n10.0.0.2",
            ["10.0.0.1/32", "10.0.0.2/32"],
            id="comments",
        ),
        pytest.param(
            "10.0.0.1\u200b,\ufeff10.0.0.2", ["10.0.0.1/32", "10.0.0.2/32"], id="unseen"
        ),
        pytest.param("::ffff:10.0.0.0/104", ["10.0.0.0/8"], id="mapped"),
    ],
)
def test_networks_are_read_as_people_write_them(typed, stored, as_administrator):
    create(as_administrator, networks=typed)

    assert ApiKey.objects.get().networks == stored


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param(
            "10.0.0.1-10.0.0.20",
            "10.0.0.1/32, 10.0.0.2/31, 10.0.0.4/30, 10.0.0.8/29, 10.0.0.16/30,"
            " 10.0.0.20/32",
            id="range",
        ),
        pytest.param("192.168.1.*", "192.168.1.0/24", id="star"),
        pytest.param("10.0.0.1:443", "10.0.0.1/32", id="port"),
    ],
)
def test_network_of_another_notation_is_refused_with_what_it_means(
    typed, meant, as_administrator
):
    response = create(as_administrator, networks=typed)

    assert screens.errors_beside_fields(response) == {
        "networks": [f"{typed} is no IP address or network. Did you mean {meant}?"]
    }
    create(as_administrator, networks=meant)
    assert ApiKey.objects.get().networks == meant.split(", ")


def test_range_with_blanks_is_one_entry(as_administrator):
    response = create(as_administrator, networks="10.0.0.0 - 10.0.0.255, 10.1.0.0/16")

    assert screens.errors_beside_fields(response) == {
        "networks": [
            "10.0.0.0-10.0.0.255 is no IP address or network. Did you mean 10.0.0.0/24?"
        ]
    }


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param("/a;/b", ["/a", "/b"], id="semicolon"),
        pytest.param("GET /a; POST,PUT /b", ["GET /a", "POST,PUT /b"], id="methods"),
        pytest.param("/a # first\r\n#all\r\n/b", ["/a", "/b"], id="comments"),
        pytest.param("https://crm.example/a#top", ["/a"], id="fragment-of-a-url"),
    ],
)
def test_endpoints_are_read_as_people_write_them(typed, stored, as_administrator):
    create(as_administrator, endpoints=typed)

    assert ApiKey.objects.get().endpoints == stored


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/api/leads/{id}", "/api/leads/*"),
        ("/api/leads/[0-9]+", "/api/leads/*"),
        ("/api/leads/<int:id>", "/api/leads/*"),
        ("/api/leads/:id", "/api/leads/*"),
        ("/api/le\u200bads", "/api/leads"),
        ("PUT /api/leads/{id}/notes", "PUT /api/leads/*/notes"),
    ],
)
def test_endpoint_that_would_match_nothing_is_refused_with_what_it_means(
    typed, meant, as_administrator
):
    response = create(as_administrator, endpoints=typed)

    [error] = screens.errors_beside_fields(response)["endpoints"]
    assert error.startswith(f"{typed}: A pattern has ")
    assert error.endswith(f"Did you mean {meant}?")
    assert ApiKey.objects.count() == 0


@pytest.mark.parametrize(
    "networks",
    ["0.0.0.0/0", "::/0", "0.0.0.0/1, 128.0.0.0/1", "10.0.0.0/8 ::ffff:0:0/96"],
)
def test_networks_that_hold_all_are_open_and_need_the_tick(networks, as_administrator):
    refused = create(as_administrator, networks=networks)
    assert screens.errors_beside_fields(refused) == {"networks": [ALL_NETWORKS]}
    assert ApiKey.objects.count() == 0

    create(as_administrator, networks=networks, open_to_any_address="on")

    key = ApiKey.objects.get()
    assert key.networks == []
    assert list(ApiKey.objects.all().open_to_any_address()) == [key]


@pytest.mark.parametrize("endpoints", ["*", "/*", "/api/egress/*\n/**"])
def test_endpoints_that_match_all_are_open_and_need_the_tick(
    endpoints, as_administrator
):
    refused = create(as_administrator, endpoints=endpoints)
    assert screens.errors_beside_fields(refused) == {"endpoints": [ALL_PATHS]}
    assert ApiKey.objects.count() == 0

    create(as_administrator, endpoints=endpoints, all_endpoints="on")

    assert ApiKey.objects.get().endpoints == []


def test_star_for_one_method_restricts(as_administrator):
    create(as_administrator, endpoints="GET *")

    assert ApiKey.objects.get().endpoints == ["GET *"]


def test_type_that_needs_networks_takes_no_open_ones_even_with_the_tick(
    as_administrator,
):
    response = create(
        as_administrator,
        key_type="sms",
        roles=[],
        endpoints="/webservice/*",
        networks="0.0.0.0/0",
        open_to_any_address="on",
    )

    assert screens.errors_beside_fields(response) == {
        "networks": ["These networks hold every address."]
    }


def test_open_list_needs_the_tick_on_the_keys_page_too(as_administrator, key):
    page = screens.page_of(key)
    form = screens.edit_form(key, networks="0.0.0.0/0")

    refused = as_administrator.post(page, form)
    assert screens.errors_beside_fields(refused) == {"networks": [ALL_NETWORKS]}
    as_administrator.post(page, {**form, "open_to_any_address": "on"})

    assert ApiKey.objects.get().networks == []


@pytest.mark.parametrize(
    "fields",
    [{"fields__networks": ("0.0.0.0/0",)}, {"fields__endpoints": ("/*",)}],
    ids=["networks", "endpoints"],
)
@pytest.mark.django_db
def test_no_entrance_stores_an_open_list_as_a_restriction(fields):
    with pytest.raises(InvalidFields, match="an empty list says so"):
        IssuedFactory(**fields)


OWN = "The type's own paths are /api/egress/*, /api/ingress/*, /api/api-tokens/*."


@pytest.mark.parametrize("path", ["/foo", "/api/v2/*", "GET /webservice/SMS/x"])
def test_path_outside_the_type_is_warned_of_beside_the_field(
    path, as_administrator, key
):
    form = screens.edit_form(key, endpoints=f"/api/egress/*\n{path}")

    saved = as_administrator.post(screens.page_of(key), form, follow=True)
    again = as_administrator.post(screens.page_of(key), {**form, "name": ""})

    warning = f"Outside the paths of this type, so no call will match: {path}. {OWN}"
    assert ApiKey.objects.get().endpoints == ["/api/egress/*", path]
    for response in (saved, again):
        beside = screens.text_of(response).split('data-field="endpoints"')[1]
        assert warning in beside.split("data-field=")[0]


def test_new_key_with_a_path_outside_its_type_says_so_at_once(as_administrator):
    response = create(
        as_administrator, key_type="webservice_standard", roles=[], endpoints="/foo"
    )

    assert (
        "Outside the paths of this type, so no call will match: /foo."
        " The type's own paths are /webservice/WebserviceStandard/*."
    ) in screens.notes(response)


def test_paths_of_the_host_count_as_the_types_own(as_administrator, settings):
    settings.KEY_TYPE_EXTRA_PATHS = {"v1": ["/crm"]}

    response = create(as_administrator, endpoints="/crm/leads\n/api/*\n/other")

    warned = next(note for note in screens.notes(response) if "Outside" in note)
    assert "match: /other. The type's own paths are" in warned
    assert "/crm/*" in warned


def test_help_names_the_paths_of_the_keys_own_type(as_administrator, db):
    key = IssuedFactory(key_type="v2", fields__endpoints=("/api/v2/*",)).key

    beside = screens.text_of(as_administrator.get(screens.page_of(key)))

    assert "<code>GET /api/v2/*</code>" in beside
    assert "/api/egress" not in beside


def test_help_of_a_new_key_names_the_paths_of_each_type(as_administrator):
    text = screens.text_of(as_administrator.get(screens.ADD))

    for_sms = text.split('data-shown-value="sms">')[1].split("</span>")[0]
    assert "<code>GET /webservice/SMS/*</code>" in for_sms
    assert "/api/egress" not in for_sms
