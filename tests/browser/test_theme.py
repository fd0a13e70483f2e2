from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import KEYS

BRIGHTNESS = """() => getComputedStyle(document.body).backgroundColor
    .match(/[\\d.]+/g).slice(0, 3).map(Number).reduce((a, b) => a + b) / 765"""


def test_chosen_theme_lasts(signed_in_page: Page):
    page = signed_in_page
    page.goto(KEYS)
    root = page.locator("html")
    toggle = page.get_by_role("button", name="Theme:")
    assert page.evaluate(BRIGHTNESS) > 0.8

    # From the system's theme to dark, which stays over a reload and other pages.
    toggle.click()
    expect(root).to_have_attribute("data-theme", "dark")
    assert page.evaluate(BRIGHTNESS) < 0.2
    page.reload()
    expect(root).to_have_attribute("data-theme", "dark")
    expect(toggle).to_have_accessible_name("Theme: Dark")
    assert page.evaluate(BRIGHTNESS) < 0.2
    page.goto("/settings/login/")
    assert page.evaluate(BRIGHTNESS) < 0.2

    # And on to light.
    page.goto(KEYS)
    toggle.click()
    expect(root).to_have_attribute("data-theme", "light")
    assert page.evaluate(BRIGHTNESS) > 0.8


def test_reference_follows_the_chosen_theme(signed_in_page: Page):
    page = signed_in_page
    page.goto(KEYS)
    page.get_by_role("button", name="Theme:").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    page.get_by_role("link", name="API reference").click()
    expect(page.get_by_role("heading", name="GET /api/whoami")).to_be_visible()
    assert page.evaluate(BRIGHTNESS) < 0.2

    # The switch is on this page too.
    page.get_by_role("button", name="Theme:").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate(BRIGHTNESS) > 0.8


@pytest.mark.parametrize(("preferred", "is_dark"), [("light", False), ("dark", True)])
def test_reference_is_as_the_system_prefers(signed_in_page: Page, preferred, is_dark):
    page = signed_in_page
    page.emulate_media(color_scheme=preferred)

    page.goto("/api/docs/")

    assert (page.evaluate(BRIGHTNESS) < 0.2) is is_dark
