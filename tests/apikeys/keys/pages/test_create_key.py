from __future__ import annotations

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.hashers import check_password
from django.utils import timezone

from apikeys.access import tokens
from apikeys.audit.models import AuditEntry
from apikeys.keys.models import ApiKey, KeySecret
from tests.apikeys.pages import screens
from tests.factories import full_access

NO_FIELD = "Keys of this type do not have this field."
NO_ROLES = "Keys of this type need at least one role."
NO_NETWORK = "Keys of this type need at least one allowed network."
APPLICATION = {"roles": [], "endpoints": "/webservice/*"}


def create(client, **given):
    return client.post(screens.ADD, screens.issue_form(**given))


@pytest.mark.parametrize(
    ("key_type", "given", "has_password"),
    [
        ("v1", {"accepts_parameters": "on"}, False),
        ("v2", {"endpoints": "/api/v2/*"}, False),
        ("v2", {"endpoints": "GET /api/v2/*", "read_only": "on"}, False),
        ("sms", {**APPLICATION, "read_only": "on"}, False),
        (
            "webservice_standard",
            {**APPLICATION, "public_url": "https://portal.example"},
            True,
        ),
        ("webservice_premium", APPLICATION, True),
        ("manage_consents", APPLICATION, True),
        ("sms", {**APPLICATION, "accepts_parameters": "on"}, False),
    ],
)
def test_a_key_of_each_type_is_made_as_it_was_asked_for(
    key_type, given, has_password, as_administrator
):
    response = create(as_administrator, key_type=key_type, note="For Ada", **given)

    key = ApiKey.objects.get()
    assert response.status_code == 200
    assert (key.name, key.key_type, key.note) == ("Billing", key_type, "For Ada")
    assert key.networks == ["10.0.0.0/8"]
    assert key.endpoints == [given.get("endpoints", "/api/egress/*")]
    assert key.public_url == given.get("public_url", "")
    assert key.accepts_parameters is ("accepts_parameters" in given)
    assert key.read_only is ("read_only" in given)
    assert list(key.roles.all()) == ([full_access()] if "roles" not in given else [])
    assert bool(key.password) is has_password
    assert ('id="api-password"' in screens.text_of(response)) is has_password


def test_the_token_shown_is_the_one_whose_digest_is_stored(as_administrator):
    response = create(as_administrator)

    token = tokens.parse(screens.shown_value(response, "token"))
    secret = KeySecret.objects.get()
    assert secret.digest == tokens.digest(token, "0123456789abcdef" * 4)
    assert screens.shown_value(response, "api-id") == token.public_id
    assert screens.shown_value(response, "api-key") == token.secret
    assert secret.key.key_id == token.public_id


def test_the_audit_trail_says_who_made_the_key_and_from_where(as_administrator):
    create(as_administrator)

    entry = AuditEntry.objects.get()
    key = ApiKey.objects.get()
    assert (entry.actor_kind, entry.actor, entry.address) == (
        "person",
        "ada",
        "127.0.0.1",
    )
    assert (entry.action, entry.subject_id, entry.subject_name) == (
        "key_created",
        key.key_id,
        "Billing",
    )
    assert key.created_by == "ada"


def test_a_typed_password_is_kept_and_a_missing_one_is_made(as_administrator):
    typed = " correct horse battery "
    asked = {**APPLICATION, "key_type": "webservice_standard"}
    first = create(as_administrator, name="typed", password=typed, **asked)
    second = create(as_administrator, name="made", **asked)

    made = screens.shown_value(second, "api-password")
    assert screens.shown_value(first, "api-password") == typed
    assert len(made) >= 24
    assert check_password(typed, ApiKey.objects.get(name="typed").password)
    assert check_password(made, ApiKey.objects.get(name="made").password)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"roles": []}, {"roles": [NO_ROLES]}),
        ({"key_type": "v2", "roles": []}, {"roles": [NO_ROLES]}),
        ({"public_url": "https://x.example"}, {"public_url": [NO_FIELD]}),
        ({"password": "long enough for all"}, {"password": [NO_FIELD]}),
        ({"key_type": "webservice_standard"}, {"roles": [NO_FIELD]}),
        (
            {"key_type": "manage_consents", "roles": [], "accepts_parameters": "on"},
            {"accepts_parameters": [NO_FIELD]},
        ),
        (
            {
                "key_type": "sms",
                "roles": [],
                "networks": "",
                "open_to_any_address": "on",
            },
            {"networks": [NO_NETWORK]},
        ),
        (
            {"key_type": "sms", "password": "long enough for all"},
            {"roles": [NO_FIELD], "password": [NO_FIELD]},
        ),
        (
            {"key_type": "webservice_premium", "roles": [], "name": "a:b"},
            {"name": ["The name of a key with an application password has no colon."]},
        ),
        (
            {"networks": "", "endpoints": ""},
            {
                "networks": ["Enter at least one, or tick “Open to any address”."],
                "endpoints": [
                    "Enter at least one, or tick “All endpoints of its type”."
                ],
            },
        ),
        (
            {"networks": "10.0.0.1/8, nonsense fe80::1%eth0"},
            {
                "networks": [
                    "10.0.0.1/8 has host bits set. Did you mean 10.0.0.0/8?",
                    "nonsense is no IP address or network.",
                    "fe80::1%eth0 is no IP address or network.",
                ]
            },
        ),
        (
            {"endpoints": "api/egress"},
            {"endpoints": ["api/egress: A pattern is a path and starts with /."]},
        ),
        ({"name": "  "}, {"name": ["This field is required."]}),
        (
            {"name": "x" * 101},
            {"name": ["Ensure this value has at most 100 characters (it has 101)."]},
        ),
        (
            {"key_type": "root"},
            {
                "key_type": [
                    "Select a valid choice. root is not one of the available choices."
                ]
            },
        ),
        (
            {"expires": "1000"},
            {
                "expires": [
                    "Select a valid choice. 1000 is not one of the available choices."
                ]
            },
        ),
        ({"expires": "date"}, {"expires_at": ["Choose the date and time."]}),
        (
            {"expires": "date", "expires_at": "2020-02-02T02:02"},
            {"expires_at": ["The expiry is in the past."]},
        ),
        (
            {"expires": "date", "expires_at": "9999-12-31T23:59"},
            {"expires_at": ["The expiry is more than 100 years away; choose “Never”."]},
        ),
        (
            {"expires": "date", "expires_at": "soon"},
            {"expires_at": ["Enter a valid date/time."]},
        ),
        (
            {"key_type": "webservice_standard", "roles": [], "password": "short"},
            {"password": ["Ensure this value has at least 12 characters (it has 5)."]},
        ),
        (
            {
                "key_type": "webservice_standard",
                "roles": [],
                "public_url": "javascript:alert(1)",
            },
            {"public_url": ["Enter a valid URL."]},
        ),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(given, expected, as_administrator):
    before = screens.state()

    response = create(as_administrator, **given)

    assert response.status_code == 200
    assert screens.errors_beside_fields(response) == expected
    assert screens.state() == before


def test_what_was_typed_is_shown_again_after_an_error(as_administrator):
    response = create(
        as_administrator, networks="10.0.0.1/8", note="Keep me", expires="never"
    )

    text = screens.text_of(response)
    assert 'value="Billing"' in text
    assert "10.0.0.1/8</textarea>" in text
    assert "Keep me</textarea>" in text
    assert '<option value="never" selected>' in text


def test_a_typed_password_is_not_shown_again_after_an_error(as_administrator):
    response = create(
        as_administrator, name="", password="correct horse battery", roles=[]
    )

    assert "correct horse" not in screens.text_of(response)


def test_ticked_boxes_make_an_open_key(as_administrator):
    create(
        as_administrator,
        networks="",
        open_to_any_address="on",
        endpoints="",
        all_endpoints="on",
    )

    key = ApiKey.objects.get()
    assert (key.networks, key.endpoints) == ([], [])


def test_a_ticked_box_does_not_drop_a_list_that_was_given(as_administrator):
    create(as_administrator, open_to_any_address="on", all_endpoints="on")

    key = ApiKey.objects.get()
    assert (key.networks, key.endpoints) == (["10.0.0.0/8"], ["/api/egress/*"])


def test_pasted_values_are_brought_to_their_normal_form(as_administrator):
    create(
        as_administrator,
        networks="::ffff:192.0.2.7\r\n10.0.0.0/8,10.0.0.0/8 2001:DB8::/32",
        endpoints="https://crm.example:8443/api/egress/**?a=1#b\r\n/api/egress/leads/",
    )

    key = ApiKey.objects.get()
    assert key.networks == ["192.0.2.7/32", "10.0.0.0/8", "2001:db8::/32"]
    assert key.endpoints == ["/api/egress/*", "/api/egress/leads"]


def test_the_persons_own_address_stands_beside_the_networks(as_administrator):
    text = screens.text_of(as_administrator.get(screens.ADD))

    assert "Yours is <code>127.0.0.1</code>." in text


@pytest.mark.parametrize("days", [30, 90, 180, 365])
def test_a_preset_expires_after_its_days(days, as_administrator):
    create(as_administrator, expires=str(days))

    key = ApiKey.objects.get()
    assert key.expires_at == key.created_at + timedelta(days=days)


def test_never_does_not_expire_whatever_date_is_left_in_the_form(as_administrator):
    create(as_administrator, expires="never", expires_at="2020-02-02T02:02")

    assert ApiKey.objects.get().expires_at is None


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", ""])
def test_a_date_is_read_in_the_persons_zone(zone, as_administrator):
    on = (timezone.now() + timedelta(days=60)).replace(
        hour=9, minute=30, second=0, microsecond=0, tzinfo=None
    )
    as_administrator.cookies["timezone"] = zone

    create(as_administrator, expires="date", expires_at=f"{on:%Y-%m-%dT%H:%M}")

    local = on.replace(tzinfo=ZoneInfo(zone or "UTC"))
    assert ApiKey.objects.get().expires_at == local.astimezone(UTC)


def test_the_key_page_shows_the_expiry_in_the_persons_zone(as_administrator):
    on = (timezone.now() + timedelta(days=60)).date()
    as_administrator.cookies["timezone"] = "Asia/Tokyo"
    create(as_administrator, expires="date", expires_at=f"{on}T09:30")

    page = as_administrator.get(screens.page_of(ApiKey.objects.get()))

    assert f"{on:%Y}, 09:30 JST" in screens.text_of(page)


def test_a_name_is_taken_within_its_type_only(as_administrator, key):
    taken = create(as_administrator)
    other_type = create(as_administrator, key_type="v2", endpoints="/api/v2/*")

    assert screens.errors_beside_fields(taken) == {
        "name": ["A key of this type has this name already."]
    }
    assert 'id="token"' in screens.text_of(other_type)
    assert ApiKey.objects.filter(name="Billing").count() == 2


def test_the_name_of_a_deleted_key_is_free_again(as_administrator, key):
    as_administrator.post(screens.page_of(key, "delete/"), {"typed_name": "Billing"})

    create(as_administrator)

    assert ApiKey.objects.present().filter(name="Billing").count() == 1


@pytest.mark.parametrize("role", ["999999", "0", "-1", "x", "\x00", "9" * 40])
def test_an_unknown_role_is_refused(role, as_administrator):
    response = create(as_administrator, roles=[str(full_access().pk), role])

    assert list(screens.errors_beside_fields(response)) == ["roles"]
    assert ApiKey.objects.count() == 0


def test_fields_that_the_form_does_not_have_are_ignored(as_administrator):
    create(
        as_administrator,
        key_id="kd_0000000000000000",
        created_by="mallory",
        is_active="",
        location="1",
        version="7",
        token="kd_0000000000000000_mine",
        secret="mine",
        digest="mine",
    )

    key = ApiKey.objects.get()
    assert key.key_id != "kd_0000000000000000"
    assert (key.created_by, key.is_active, key.location, key.version) == (
        "ada",
        True,
        None,
        0,
    )
