from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.steps import KEYS, open_create_dialog


@pytest.fixture
def dialog(signed_in_page: Page) -> Locator:
    signed_in_page.goto(KEYS)
    return open_create_dialog(signed_in_page)


def test_live_help_reads_networks_as_the_server_does(dialog: Locator):
    networks = dialog.get_by_label("Allowed IP addresses")
    help_text = dialog.locator("[data-field=networks]")

    networks.fill("10.0.0.1;10.0.0.2 # office\n# the rest\n10.1.0.0/16\u200b")
    networks.press("Tab")
    expect(networks).not_to_have_attribute("aria-invalid", "true")
    expect(help_text).not_to_contain_text("Not an address")

    networks.fill("10.0.0.1; 10.0.0.1/8 # office")
    networks.press("Tab")
    help_text.get_by_role("button", name="Use 10.0.0.0/8").click()
    expect(networks).to_have_value("10.0.0.1; 10.0.0.0/8 # office")


def test_list_that_leaves_all_open_asks_for_the_tick(dialog: Locator):
    box = dialog.locator("[data-field=open_to_any_address]")
    networks = dialog.get_by_label("Allowed IP addresses")

    networks.fill("0.0.0.0/0")
    expect(box).to_contain_text("The list leaves everything open")

    networks.fill("10.0.0.0/8")
    expect(box).not_to_contain_text("The list leaves everything open")


def test_paths_of_the_chosen_type_stand_beside_the_endpoints(dialog: Locator):
    help_text = dialog.locator("[data-field=endpoints]")
    expect(help_text.get_by_text("/api/egress/*", exact=True).last).to_be_visible()

    dialog.get_by_label("Type", exact=True).select_option("sms")

    expect(help_text.get_by_text("/webservice/SMS/*", exact=True).last).to_be_visible()
    expect(help_text.get_by_text("/api/ingress/*", exact=True).first).to_be_hidden()
