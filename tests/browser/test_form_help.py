from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from apikeys.keys.models import ApiKey
from tests.browser.steps import (
    KEYS,
    fill_in_open_key,
    open_create_dialog,
    send,
    token_dialog,
)


@pytest.fixture
def dialog(signed_in_page: Page) -> Locator:
    signed_in_page.goto(KEYS)
    return open_create_dialog(signed_in_page)


def test_pasted_address_loses_its_host(dialog: Locator, live_server):
    page = dialog.page
    page.context.grant_permissions(
        ["clipboard-read", "clipboard-write"], origin=live_server.url
    )
    url = "https://crm.example.com/api/egress/leads?api_key=1#top"
    page.evaluate("(text) => navigator.clipboard.writeText(text)", url)
    endpoints = dialog.get_by_label("Endpoint permissions")

    endpoints.press_sequentially("/api/ingress/*")
    endpoints.press("Enter")
    endpoints.press("ControlOrMeta+v")

    expect(endpoints).to_have_value("/api/ingress/*\n/api/egress/leads")
    expect(
        dialog.locator("[data-field=endpoints]").get_by_role("status")
    ).to_contain_text("Kept the path only")


def test_methods_before_a_pasted_address_stay(dialog: Locator):
    endpoints = dialog.get_by_label("Endpoint permissions")

    endpoints.fill(
        "GET https://crm.example.com/api/egress/leads?x=1\n"
        "get, POST http://crm.example.com/api/ingress/*\nGET /api/v2/*"
    )
    endpoints.press("Tab")

    expect(endpoints).to_have_value(
        "GET /api/egress/leads\nget, POST /api/ingress/*\nGET /api/v2/*"
    )


def test_network_with_host_bits_is_offered_without(dialog: Locator):
    networks = dialog.get_by_label("Allowed IP addresses")
    help_text = dialog.locator("[data-field=networks]")

    # Nothing is said of what is still being typed.
    networks.press_sequentially("192.0.2.7, 10.0.0.1/8")
    expect(help_text.get_by_role("button")).to_have_count(0)

    # Left with Tab, the offer is made, and one button takes it.
    networks.press("Tab")
    expect(help_text).to_contain_text("10.0.0.1/8 has bits set beyond its network.")
    help_text.get_by_role("button", name="Use 10.0.0.0/8").click()
    expect(networks).to_have_value("192.0.2.7, 10.0.0.0/8")
    expect(networks).to_be_focused()
    expect(help_text.get_by_role("button")).to_have_count(0)

    # IPv6 too.
    networks.fill("2001:db8::1/32")
    networks.press("Tab")
    help_text.get_by_role("button", name="Use 2001:db8::/32").click()
    expect(networks).to_have_value("2001:db8::/32")

    # What is no network at all is named.
    networks.fill("10.0.0.0/8, office")
    networks.press("Tab")
    expect(help_text.get_by_role("status")).to_have_text(
        "Not an address or network: office"
    )
    expect(networks).to_have_attribute("aria-invalid", "true")


def test_own_address_stands_beside_the_allowed_networks(dialog: Locator):
    networks = dialog.get_by_label("Allowed IP addresses")

    expect(networks).to_have_accessible_description(
        "Addresses or networks, separated by commas. Yours is 127.0.0.1."
    )


def test_type_shows_the_fields_that_it_has(dialog: Locator):
    def shown() -> dict[str, bool]:
        names = ("roles", "password", "public_url", "accepts_parameters")
        return {
            name: dialog.locator(f"[data-field={name}]").is_visible() for name in names
        }

    calls = {
        "roles": True,
        "password": False,
        "public_url": False,
        "accepts_parameters": True,
    }
    portal = {name: not is_shown for name, is_shown in calls.items()}
    kind = dialog.get_by_label("Type", exact=True)
    assert shown() == calls

    kind.select_option("webservice_standard")
    assert shown() == portal
    kind.select_option("v2")
    assert shown() == calls

    # What was filled in for another type does not come along.
    fill_in_open_key(dialog, "Customer portal")
    dialog.get_by_label("Accept credentials as parameters").check()
    kind.select_option("webservice_standard")

    # Neither does an answer with an error show what the type has not.
    dialog.get_by_label("Public URL").fill("no address")
    send(dialog, "Create API key")
    expect(dialog.get_by_text("Enter a valid URL.")).to_be_visible()
    assert shown() == portal
    dialog.get_by_label("Public URL").fill("https://portal.example.com")
    send(dialog, "Create API key")
    made = token_dialog(dialog.page, "“Customer portal” is ready")
    expect(made.get_by_text("Application password")).to_be_visible()
    key = ApiKey.objects.get()
    assert (key.key_type, key.roles.count(), key.accepts_parameters) == (
        "webservice_standard",
        0,
        False,
    )


def test_date_is_asked_for_only_where_the_expiry_is_one(dialog: Locator):
    date = dialog.get_by_label("Expiry date")
    fill_in_open_key(dialog, "Snowflake export")
    expect(date).to_be_hidden()

    dialog.get_by_label("Expires").select_option("On a date…")
    expect(date).to_be_visible()
    send(dialog, "Create API key")
    field = dialog.locator("[data-field=expires_at]")
    expect(field).to_contain_text("Choose the date and time.")
    expect(date).to_be_focused()

    # A change of mind leaves no trace.
    date.fill("2020-01-01T00:00")
    dialog.get_by_label("Expires").select_option("30")
    expect(date).to_be_hidden()
    send(dialog, "Create API key")
    token_dialog(dialog.page, "“Snowflake export” is ready")
    expires_at = ApiKey.objects.get().expires_at
    assert expires_at is not None
    assert timedelta(days=29) < expires_at - timezone.now() < timedelta(days=31)
