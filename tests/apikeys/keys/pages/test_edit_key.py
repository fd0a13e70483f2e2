from __future__ import annotations

import re

import pytest

from apikeys.access.key_types import KEY_TYPES
from apikeys.audit.models import AuditEntry
from apikeys.keys.models import ApiKey
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory, RoleFactory


def save(client, key, **given):
    return client.post(screens.page_of(key), screens.edit_form(key, **given))


def test_every_editable_field_is_saved_and_audited(as_administrator, key):
    response = save(
        as_administrator,
        key,
        name="Invoices",
        networks="192.0.2.0/24, 2001:db8::1",
        endpoints="get, head https://crm.example/api/ingress/*",
        read_only="on",
        accepts_parameters="on",
        note="For Ada",
    )

    key.refresh_from_db()
    assert response["Location"] == screens.page_of(key)
    assert (key.name, key.note, key.accepts_parameters) == ("Invoices", "For Ada", True)
    assert key.networks == ["192.0.2.0/24", "2001:db8::1/128"]
    assert (key.endpoints, key.read_only) == (["GET /api/ingress/*"], True)
    entry = AuditEntry.objects.get(action="key_changed")
    assert (entry.actor, entry.subject_id, entry.changes) == (
        "ada",
        key.key_id,
        {
            "name": ["Billing", "Invoices"],
            "networks": [["10.0.0.0/8"], ["192.0.2.0/24", "2001:db8::1/128"]],
            "endpoints": [["/api/egress/*"], ["GET /api/ingress/*"]],
            "read_only": [False, True],
            "accepts_parameters": [False, True],
            "note": ["", "For Ada"],
        },
    )


def test_the_change_stands_on_the_page_with_old_and_new_value(as_administrator, key):
    page = as_administrator.post(
        screens.page_of(key), screens.edit_form(key, name="Invoices"), follow=True
    )

    assert screens.notes(page)[0] == "Saved. It applies to every call from now on."
    assert "<del>Billing</del> → <ins>Invoices</ins>" in screens.text_of(page)


def test_the_tick_shows_what_is_stored_and_can_be_taken_away(as_administrator, db):
    key = IssuedFactory(fields__read_only=True).key
    box = '<input type="checkbox" name="read_only"'
    shown = screens.text_of(as_administrator.get(screens.page_of(key)))

    save(as_administrator, key)

    key.refresh_from_db()
    assert re.search(rf"{box}[^>]* checked>", shown)
    assert key.read_only is False
    page = screens.text_of(as_administrator.get(screens.page_of(key)))
    assert "<small>read only</small> <del>yes</del> → <ins>no</ins>" in page


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("GET /a\nPOST /b", ["GET /a", "POST /b"]),
        ("GET,POST /a", ["GET,POST /a"]),
        ("GET, POST /a", ["GET,POST /a"]),
        ("/a, GET /b", ["/a", "GET /b"]),
        ("/a /b", ["/a", "/b"]),
        ("get /a,\r\n/b,", ["GET /a", "/b"]),
        ("GET /a\nHEAD /a", ["GET /a"]),
        ("GET /a\n/a", ["GET /a", "/a"]),
    ],
)
def test_methods_go_with_the_path_behind_them(typed, stored, as_administrator, key):
    save(as_administrator, key, endpoints=typed)

    key.refresh_from_db()
    page = as_administrator.get(screens.page_of(key))
    assert key.endpoints == stored
    assert "\n".join(stored) in screens.text_of(page)


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ("GET\n/a", ["GET: A pattern is a path and starts with /."]),
        (
            "G3T /a",
            ["G3T /a: A method has only letters, at most 20, as in GET,POST /path."],
        ),
        ("/a GET", ["GET: A pattern is a path and starts with /."]),
    ],
)
def test_methods_without_a_path_and_odd_ones_are_refused(
    typed, errors, as_administrator, key
):
    response = save(as_administrator, key, endpoints=typed)

    assert screens.errors_beside_fields(response) == {"endpoints": errors}


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_every_type_can_be_made_read_only(key_type, as_administrator, db):
    key = IssuedFactory(key_type=key_type).key

    save(as_administrator, key, read_only="on")

    key.refresh_from_db()
    assert key.read_only is True


def test_a_reader_sees_every_restriction_of_the_type(as_reader, db):
    restricted = IssuedFactory(
        fields__networks=("10.0.0.0/8", "::1/128"),
        fields__endpoints=("GET /a", "/b"),
        fields__read_only=True,
        fields__note="First\nsecond",
    ).key
    portal = IssuedFactory(
        key_type="webservice_standard",
        fields__networks=(),
        fields__endpoints=(),
        fields__public_url="https://portal.example",
    ).key

    page = screens.text_of(as_reader.get(screens.page_of(restricted)))
    assert '<p class="hint">First<br>second</p>' in page
    assert [_facts(as_reader, key) for key in (restricted, portal)] == [
        {
            "Allowed IP addresses": "<code>10.0.0.0/8</code> <code>::1/128</code>",
            "Endpoint permissions": "<code>GET /a</code> <code>/b</code>",
            "Read only": "Yes",
            "Accept credentials as parameters": "No",
        },
        {
            "Allowed IP addresses": '<span class="pill warn">Open to any address</span>',
            "Endpoint permissions": '<span class="pill ">All endpoints of its type</span>',
            "Read only": "No",
            "Public URL": "https://portal.example",
        },
    ]


def _facts(client, key):
    text = screens.text_of(client.get(screens.page_of(key)))
    shown = text.partition("<h2>Restrictions</h2>")[2].partition("</dl>")[0]
    return dict(re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", shown))


def test_saving_without_a_change_writes_nothing(as_administrator, key):
    before = screens.state()

    save(as_administrator, key)

    assert screens.state() == before


@pytest.mark.parametrize(
    ("given", "field", "text"),
    [
        ({"name": ""}, "name", "This field is required."),
        (
            {"networks": ""},
            "networks",
            "Enter at least one, or tick “Open to any address”.",
        ),
        (
            {"endpoints": ""},
            "endpoints",
            "Enter at least one, or tick “All endpoints of its type”.",
        ),
        (
            {"networks": "10.0.0.1/8"},
            "networks",
            "10.0.0.1/8 has host bits set. Did you mean 10.0.0.0/8?",
        ),
        ({"name": "Taken"}, "name", "A key of this type has this name already."),
    ],
)
def test_a_wrong_value_is_named_beside_its_field(
    given, field, text, as_administrator, key
):
    IssuedFactory(fields__name="Taken")
    before = screens.state()

    response = save(as_administrator, key, note="Keep me", **given)

    assert screens.errors_beside_fields(response) == {field: [text]}
    assert "Keep me</textarea>" in screens.text_of(response)
    assert screens.state() == before


def test_a_list_is_emptied_by_its_box(as_administrator, key):
    save(
        as_administrator,
        key,
        networks="",
        open_to_any_address="on",
        endpoints="",
        all_endpoints="on",
    )

    key.refresh_from_db()
    page = screens.text_of(as_administrator.get(screens.KEYS))
    assert (key.networks, key.endpoints) == ([], [])
    assert 'is-warn" title="v1, open to any address"' in page
    assert "All endpoints" in page


def test_a_text_message_key_keeps_a_network_whatever_box_is_ticked(
    as_administrator, db
):
    key = IssuedFactory(key_type="sms", fields__endpoints=()).key

    response = save(
        as_administrator, key, networks="", open_to_any_address="on", all_endpoints="on"
    )

    assert screens.errors_beside_fields(response) == {
        "networks": ["Keys of this type need at least one allowed network."]
    }
    key.refresh_from_db()
    assert key.networks == ["127.0.0.1/32"]


def test_the_older_of_two_forms_changes_nothing_and_loses_nothing(
    as_administrator, as_superuser, key
):
    save(as_superuser, key, name="First")
    before = screens.state()

    response = save(as_administrator, key, name="Second", note="Typed long")

    assert [
        text.partition(".")[0] for text in screens.errors_beside_fields(response)[""]
    ] == [
        "Somebody changed this after you opened the form, and nothing of yours was done"
    ]
    assert 'value="Second"' in screens.text_of(response)
    assert "Typed long</textarea>" in screens.text_of(response)
    assert screens.state() == before
    assert ApiKey.objects.get().name == "First"


def test_a_form_that_was_refused_as_too_old_can_be_sent_again(
    as_administrator, as_superuser, key
):
    save(as_superuser, key, name="First")
    refused = save(as_administrator, key, name="Second")
    version = re.findall(r'name="version" value="(\d+)"', screens.text_of(refused))

    save(as_administrator, key, name="Second", version=version[0])

    assert ApiKey.objects.get().name == "Second"


@pytest.mark.parametrize("version", [None, "", "x", "-1", "9" * 40])
def test_a_form_without_the_present_version_changes_nothing(
    version, as_administrator, key
):
    before = screens.state()

    response = save(as_administrator, key, name="Renamed", version=version)

    assert response.status_code == 200
    assert screens.state() == before


def test_fields_smuggled_into_the_form_are_ignored(as_administrator, key):
    other = RoleFactory(name="Everything", permissions=["apikeys.manage_apis"])
    fixed = ("key_id", "key_type", "expires_at", "created_by", "created_at", "password")
    before = ApiKey.objects.values_list(*fixed).get()

    save(
        as_administrator,
        key,
        name="Renamed",
        key_id="kd_0000000000000000",
        key_type="webservice_standard",
        expires="never",
        expires_at="",
        roles=[str(other.pk)],
        password="correct horse battery",
        public_url="https://mallory.example",
        is_active="",
        deleted_at="2020-01-01",
        created_by="mallory",
        location="1",
    )

    key.refresh_from_db()
    assert key.name == "Renamed"
    assert ApiKey.objects.values_list(*fixed).get() == before
    assert (key.public_url, key.is_active, key.deleted_at) == ("", True, None)
    assert [role.name for role in key.roles.all()] == ["Full access"]


def test_the_form_has_only_the_fields_of_the_keys_type(as_administrator, key):
    portal = IssuedFactory(key_type="webservice_standard").key

    first = as_administrator.get(screens.page_of(key)).context["form"]
    second = as_administrator.get(screens.page_of(portal)).context["form"]

    assert set(first.fields) ^ set(second.fields) == {
        "accepts_parameters",
        "public_url",
    }


def test_a_portals_address_is_saved(as_administrator, db):
    key = IssuedFactory(key_type="webservice_standard").key

    save(as_administrator, key, public_url="portal.example/app")

    key.refresh_from_db()
    assert key.public_url == "https://portal.example/app"


def test_a_changed_network_holds_for_the_next_call(as_administrator, client, db):
    issued = IssuedFactory(fields__networks=("127.0.0.1",))
    headers = {"Authorization": f"Bearer {issued.token.text}"}
    before = client.get("/api/whoami", headers=headers).status_code

    save(as_administrator, issued.key, networks="10.0.0.0/8")

    refused = client.get("/api/whoami", headers=headers)
    assert (before, refused.status_code) == (200, 403)
    assert refused.json()["code"] == "ip_not_allowed"


def test_an_unknown_key_has_no_page(as_administrator, key):
    ids = ("kd_0000000000000000", "x", key.key_id.lower(), str(key.pk), "a%00b", "%ff")

    found = {
        (client_call(f"{screens.KEYS}{key_id}/")).status_code
        for key_id in ids
        for client_call in (as_administrator.get, as_administrator.post)
    }

    assert found == {404}
