from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from apikeys.organization.roles import ACCOUNT_READER
from tests.browser.screens import fill_screens, manager_screens
from tests.browser.steps import (
    KEYS,
    fill_in_open_key,
    open_create_dialog,
    send,
    token_dialog,
)
from tests.factories import IssuedFactory, PersonFactory

pytestmark = [
    pytest.mark.parametrize("scheme", ["light", "dark"]),
    pytest.mark.expects_console_errors(r"404 \(Not Found\)"),
]


@pytest.fixture
def context_options(scheme: str) -> dict[str, str]:
    return {"color_scheme": scheme}


@pytest.fixture
def check(assert_accessible) -> Iterator[Callable[..., None]]:
    """Goes on after a violation: at the end, all screens are told at once."""
    found = []

    def check(page: Page, screen: str, **options: str) -> None:
        try:
            assert_accessible(page, **options)
        except AssertionError as error:
            found.append(f"{screen}: {error}")

    yield check
    if found:
        pytest.fail("\n\n".join(found), pytrace=False)


def test_screens_that_all_see(signed_in_page: Page, check):
    page = signed_in_page
    page.goto(KEYS)
    check(page, "keys, none yet")

    _check_each(page, fill_screens(), check)


def test_screens_of_a_manager(signed_in_page: Page, check):
    _check_each(signed_in_page, manager_screens(), check)


def test_screens_of_a_reader(page: Page, sign_in, check):
    page.goto("/settings/")
    check(page, "sign in")
    send(page, "Sign in")
    check(page, "sign in")
    sign_in(PersonFactory(roles=[ACCOUNT_READER.name]))
    everyones = fill_screens()

    some = ("keys", "key with a call refused", "deleted key", "built-in role")
    _check_each(page, {screen: everyones[screen] for screen in some}, check)


def test_dialogs(signed_in_page: Page, check):
    page = signed_in_page
    page.goto(KEYS)
    dialog = open_create_dialog(page)
    check(page, "create")
    dialog.get_by_label("Allowed IP addresses").fill("10.0.0.1/8, office")
    dialog.get_by_label("Allowed IP addresses").press("Tab")
    send(dialog, "Create API key")
    expect(dialog.get_by_text("This field is required.")).to_be_visible()
    check(page, "create, with errors")

    fill_in_open_key(dialog, "Snowflake export")
    dialog.get_by_label("Allowed IP addresses").fill("127.0.0.1")
    send(dialog, "Create API key")
    shown = token_dialog(page, "“Snowflake export” is ready")
    check(page, "token")
    shown.get_by_role("button", name="Close").click()
    expect(shown.get_by_text("Store the token first")).to_be_visible()
    check(page, "token, not stored")

    key = IssuedFactory(key_type="webservice_standard", fields__endpoints=()).key
    page.goto(f"{KEYS}{key.key_id}/")
    for opener in ("Rotate…", "New password…", "Delete…"):
        page.get_by_role("link", name=opener, exact=True).click()
        expect(page.get_by_role("dialog")).to_contain_text(key.name)
        check(page, opener)
        page.get_by_role("dialog").get_by_role("link", name="Cancel").click()
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_api_reference(signed_in_page: Page, check):
    page = signed_in_page
    page.goto(KEYS)

    page.get_by_role("link", name="API reference").click()

    expect(page.get_by_role("heading", name="GET /api/whoami")).to_be_visible()
    check(page, "API reference")
    for summary in page.locator("summary").all():
        summary.click()
    check(page, "API reference, every answer open or closed")


def _check_each(page: Page, screens: dict[str, str], check) -> None:
    for screen, path in screens.items():
        page.goto(path)
        expect(page.get_by_role("heading").first).to_be_visible()
        check(page, screen)
