from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.steps import KEY_PAGE, KEYS, token_dialog

MOST_STEPS = 40
OUTLINE = """() => {
    const {outlineStyle, outlineWidth} = getComputedStyle(document.activeElement);
    return outlineStyle === "none" ? 0 : parseFloat(outlineWidth);
}"""
FOCUSED = "document.activeElement?.outerHTML.slice(0, 200)"
FOCUS_IS_INSIDE = "(dialog) => dialog.contains(document.activeElement)"


def test_key_is_created_by_keyboard_alone(signed_in_page: Page):
    page = signed_in_page
    page.goto(KEYS)

    # The first stop skips the header and the navigation.
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to main content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()

    # Escape takes a dialog back, and the focus to the button that opened it.
    opener = page.get_by_role("link", name="Create API key").first
    _tab_to(page, opener)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Create API key")
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()

    # So does the Cancel button; while the dialog is open, Tab does not leave it.
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    _tab_to(page, dialog.get_by_role("link", name="Cancel"), inside=dialog)
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()

    _fill_in(page, dialog)
    _close_token(page)


def _fill_in(page: Page, dialog: Locator) -> None:
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("Snowflake export")
    _tab_to(page, dialog.get_by_label("Expires"), inside=dialog)
    page.keyboard.press("ArrowUp")
    for box in ("Full access", "Open to any address"):
        _tab_to(page, dialog.get_by_label(box), inside=dialog)
        page.keyboard.press("Space")

    # Sent with a mistake, the form puts the focus on it.
    submit = dialog.get_by_role("button", name="Create API key")
    _tab_to(page, submit, inside=dialog)
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Endpoint permissions")).to_be_focused()
    page.keyboard.type("/api/egress/*")
    _tab_to(page, submit, inside=dialog)
    page.keyboard.press("Space")


def _close_token(page: Page) -> None:
    dialog = token_dialog(page, "“Snowflake export” is ready")
    expect(dialog.get_by_role("heading", name="“Snowflake export”")).to_be_focused()
    _tab_to(page, dialog.get_by_role("button", name="Copy API key"), inside=dialog)

    # Enter on "Done" before the token is stored leads to the box that asks for it.
    done = dialog.get_by_role("link", name="Done")
    _tab_to(page, done, inside=dialog)
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("I have stored the token")).to_be_focused()
    page.keyboard.press("Space")
    _tab_to(page, done, inside=dialog)
    page.keyboard.press("Enter")
    expect(page).to_have_url(KEY_PAGE)
    expect(page.get_by_text("Open to any address")).to_be_visible()
    expect(page.get_by_label("Endpoint permissions")).to_have_value("/api/egress/*")


def _tab_to(page: Page, target: Locator, inside: Locator | None = None) -> None:
    """Press Tab until the target has the focus, which is visible at every stop."""
    element = target.element_handle()
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            continue  # the browser's own controls, between two rounds
        if inside is not None:
            assert inside.evaluate(FOCUS_IS_INSIDE), page.evaluate(FOCUSED)
        assert page.evaluate(OUTLINE) > 0, page.evaluate(FOCUSED)
        if element.evaluate("(node) => node === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {target}")
