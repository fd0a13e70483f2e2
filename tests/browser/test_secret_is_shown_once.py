from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.steps import (
    KEYS,
    assert_forgotten,
    create_open_key,
    fill_in_open_key,
    send,
    store_and_close,
    token_in,
)

NO_CLIPBOARD = """() => {
    Object.defineProperty(navigator, "clipboard", {value: undefined});
    document.execCommand = () => false;
}"""


def test_token_is_taken_away_before_the_dialog_closes(
    signed_in_page: Page, live_server
):
    page = signed_in_page
    page.context.grant_permissions(
        ["clipboard-read", "clipboard-write"], origin=live_server.url
    )
    page.goto(KEYS)
    dialog = create_open_key(page, "Snowflake export")
    token = token_in(dialog)
    key_id, _, secret = token.rpartition("_")

    # Each part has a copy button that says what it did.
    for part, text in {
        "Token": token,
        "API ID": key_id,
        "API key": secret,
        "Try it": (
            f"export API_TOKEN={token}\n"
            'curl -H "Authorization: Bearer $API_TOKEN" \\\n'
            f"  {live_server.url}/api/whoami"
        ),
    }.items():
        assert _copied(page, dialog, part) == text

    # The same comes as a file.
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download .env").click()
    assert download.value.suggested_filename == f"{key_id}.env"
    assert Path(download.value.path()).read_text() == (
        f"API_TOKEN={token}\nAPI_ID={key_id}\nAPI_KEY={secret}\n"
    )

    # Nothing closes the dialog by mistake.
    guard = dialog.get_by_text("Store the token first")
    done = dialog.get_by_role("link", name="Done", disabled=True)
    for attempt in (
        lambda: page.keyboard.press("Escape"),
        lambda: page.keyboard.press("Escape"),
        lambda: dialog.get_by_role("button", name="Close").click(),
        lambda: done.click(force=True),
    ):
        attempt()
        expect(guard).to_be_visible()
        expect(dialog.get_by_label("I have stored the token")).to_be_focused()
    page.mouse.click(5, 5)
    assert token_in(dialog) == token

    # Stored, it closes to the page of the key.
    store_and_close(dialog)
    expect(page.get_by_role("dialog")).to_have_count(0)


def _copied(page: Page, dialog: Locator, part: str) -> str:
    button = dialog.get_by_role("button", name=part).and_(dialog.locator("[data-copy]"))
    expect(button).to_have_text("Copy")
    button.click()
    expect(button).to_have_text("Copied")
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_copy_that_fails_says_so_and_selects_the_text(signed_in_page: Page):
    page = signed_in_page
    page.goto(KEYS)
    dialog = create_open_key(page, "Snowflake export")
    page.evaluate(NO_CLIPBOARD)

    dialog.get_by_role("button", name="Copy Token").click()

    expect(dialog.get_by_text("Copy failed")).to_be_visible()
    assert page.evaluate("getSelection().toString().trim()") == token_in(dialog)
    expect(dialog.get_by_role("button", name="Copy Token")).to_have_text("Copy")


@pytest.fixture(params=["dialog", "page"])
def shown(signed_in_page: Page, request: pytest.FixtureRequest) -> Locator | Page:
    """A new token, in the dialog or on the page that stands in for it."""
    page = signed_in_page
    page.goto("/settings/auth/group/")
    page.goto(KEYS)
    if request.param == "dialog":
        return create_open_key(page, "Snowflake export")
    page.goto(f"{KEYS}add/")
    fill_in_open_key(page, "Snowflake export")
    send(page, "Create API key")
    expect(page.get_by_text("Copy the token now.")).to_be_visible()
    return page


def test_closed_token_is_gone_for_good(signed_in_page: Page, shown: Locator | Page):
    page = signed_in_page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    token = token_in(shown)
    store_and_close(shown)
    expect(page.get_by_role("heading", name="Would this call pass?")).to_be_visible()

    # Reload, back and forward, from memory or not, do not bring it back.
    assert_forgotten(page, token)
    page.reload()
    assert_forgotten(page, token)
    for move in (page.go_back, page.go_back, page.go_forward, page.go_forward):
        move()
        assert_forgotten(page, token)

    # No other page has it, and no address had.
    for path in (KEYS, "/settings/apikeys/auditentry/"):
        answer = page.goto(path)
        assert answer is not None
        assert token.rpartition("_")[2] not in answer.text()
    assert [url for url in asked if token in url] == []


def test_reload_forgets_a_token_that_is_still_open(
    signed_in_page: Page, shown: Locator | Page
):
    page = signed_in_page
    token = token_in(shown)

    page.reload()

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("This form was already sent")).to_have_count(0)
    assert_forgotten(page, token)


def test_back_button_forgets_a_token_that_is_still_open(
    signed_in_page: Page, shown: Locator | Page
):
    page = signed_in_page
    token = token_in(shown)

    for move in (page.go_back, page.go_forward):
        move()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert_forgotten(page, token)
