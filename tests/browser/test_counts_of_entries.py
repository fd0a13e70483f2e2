"""How many entries a list in a box has."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.screens import TOKENS
from tests.browser.steps import KEYS, open_create_dialog
from tests.factories import IssuedFactory


def test_a_box_says_how_many_networks_and_paths_are_in_it(signed_in_page: Page):
    key = IssuedFactory(
        fields__networks=tuple(f"10.0.{number}.0/24" for number in range(20)),
        fields__endpoints=("GET,POST /api/egress/*",),
    ).key
    page = signed_in_page
    page.goto(f"{KEYS}{key.key_id}/")

    counts = page.locator(".entry-count")
    expect(counts).to_have_text(["20 entries", "1 entry"])
    page.locator("[name=networks]").fill("10.0.0.1; 10.0.0.2, ::1\n\n")
    page.locator("[name=endpoints]").fill("/a\nGET,POST /b\n\n/c")

    expect(counts).to_have_text(["3 entries", "3 entries"])


def test_a_dialog_counts_too_and_nothing_moves(signed_in_page: Page):
    page = signed_in_page
    page.goto(KEYS)
    dialog = open_create_dialog(page)
    box = dialog.locator("[name=networks]")
    count = dialog.locator(".entry-count").first
    expect(count).to_have_text("0 entries")
    before = count.bounding_box()

    box.press_sequentially("10.0.0.1")

    expect(count).to_have_text("1 entry")
    assert count.bounding_box() == before


def test_domains_are_counted(signed_in_page: Page):
    page = signed_in_page
    page.goto(f"{TOKENS}add/")

    page.get_by_label("Domains").fill("a.example, b.example")

    expect(page.locator(".entry-count")).to_have_text("2 entries")
