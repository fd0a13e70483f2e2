"""What a person does on the screens of keys, and what an application then does."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from playwright.sync_api import Locator, Page, expect

KEYS = "/settings/apikeys/apikey/"
KEY_PAGE = re.compile(rf"{KEYS}kd_\w+/(\?.*)?$")
HIDDEN_PLACES = """() => JSON.stringify([
    {...localStorage}, {...sessionStorage}, document.cookie, location.href,
    history.state, window.name, document.documentElement.outerHTML,
    [...document.querySelectorAll("input, textarea")].map((field) => field.value),
])"""


def open_create_dialog(page: Page) -> Locator:
    page.get_by_role("link", name="Create API key").first.click()
    dialog = page.get_by_role("dialog", name="Create API key")
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    return dialog


def fill_in_open_key(form: Locator | Page, name: str) -> None:
    form.get_by_label("Name", exact=True).fill(name)
    form.get_by_label("Full access").check()
    form.get_by_label("Open to any address").check()
    form.get_by_label("All endpoints of its type").check()


def send(form: Locator | Page, button: str) -> None:
    form.get_by_role("button", name=button, exact=True).click()


def create_open_key(page: Page, name: str) -> Locator:
    """Return the dialog that shows the new token."""
    dialog = open_create_dialog(page)
    fill_in_open_key(dialog, name)
    send(dialog, "Create API key")
    return token_dialog(page, f"“{name}” is ready")


def token_dialog(page: Page, title: str) -> Locator:
    dialog = page.get_by_role("dialog", name=title)
    expect(dialog.get_by_text("Copy the token now.")).to_be_visible()
    return dialog


def token_in(shown: Locator | Page) -> str:
    return shown.locator("#token").inner_text()


def store_and_close(shown: Locator | Page) -> None:
    """End the one view of a token, which leads to the page of its key."""
    shown.get_by_label("I have stored the token").check()
    shown.get_by_role("link", name="Done").click()
    page = shown if isinstance(shown, Page) else shown.page
    expect(page).to_have_url(KEY_PAGE)


def assert_forgotten(page: Page, token: str) -> None:
    """Neither the token nor its secret half is anywhere that a script can read."""
    secret = token.rpartition("_")[2]
    assert secret not in page.evaluate(HIDDEN_PLACES)
    assert secret not in page.content()
    assert secret not in json.dumps(page.context.storage_state())


def call(address: str, token: str) -> tuple[int, dict[str, Any]]:
    """GET with a bearer token; return the status and the JSON of the answer."""
    request = Request(address, headers={"Authorization": f"Bearer {token}"})
    try:
        with urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)
