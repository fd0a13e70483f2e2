from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screens import fill_screens, manager_screens
from tests.browser.steps import (
    KEYS,
    create_open_key,
    open_create_dialog,
    send,
    store_and_close,
)

WIDTH = 390
# innerWidth is no measure: a phone zooms out until all of a wide page is in it.
EXCESS = f"document.scrollingElement.scrollWidth - {WIDTH}"


@pytest.fixture
def context_options() -> dict[str, Any]:
    return {
        "viewport": {"width": WIDTH, "height": 844},
        "has_touch": True,
        "is_mobile": True,
    }


@pytest.mark.expects_console_errors(r"404 \(Not Found\)")
def test_no_screen_is_wider_than_a_phone(signed_in_page: Page):
    page = signed_in_page
    screens = fill_screens() | manager_screens() | {"API reference": "/api/docs"}

    wide = {}
    for screen, path in screens.items():
        page.goto(path)
        expect(page.get_by_role("heading").first).to_be_visible()
        wide[screen] = page.evaluate(EXCESS)

    assert {screen: excess for screen, excess in wide.items() if excess > 0} == {}


def test_menu_and_create_work_by_touch(signed_in_page: Page):
    page = signed_in_page
    page.goto("/settings/auth/group/")

    # The navigation is behind a button.
    navigation = page.get_by_role("navigation", name="Settings")
    expect(navigation).to_be_hidden()
    page.get_by_role("button", name="Menu").tap()
    expect(navigation).to_be_visible()
    navigation.get_by_role("link", name="API keys").tap()
    expect(page).to_have_url(KEYS)
    expect(navigation).to_be_hidden()

    # The dialogs fit, with their buttons in sight whatever is scrolled.
    dialog = open_create_dialog(page)
    expect(dialog.get_by_role("button", name="Create API key")).to_be_in_viewport()
    assert dialog.evaluate("(node) => node.scrollWidth - node.clientWidth") == 0
    send(dialog, "Create API key")
    expect(dialog.get_by_text("This field is required.")).to_be_in_viewport()
    dialog.get_by_role("link", name="Cancel").tap()
    shown = create_open_key(page, "Snowflake export")
    assert shown.evaluate("(node) => node.scrollWidth - node.clientWidth") == 0
    assert page.evaluate(EXCESS) == 0
    expect(shown.get_by_role("link", name="Done")).to_be_in_viewport()
    store_and_close(shown)
    expect(page.get_by_role("heading", name="Snowflake export")).to_be_visible()
