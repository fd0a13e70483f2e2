from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from apikeys.keys.models import ApiKey
from tests.browser.steps import (
    KEYS,
    fill_in_open_key,
    open_create_dialog,
    send,
    store_and_close,
    token_dialog,
)
from tests.factories import IssuedFactory


@pytest.fixture
def context_options() -> dict[str, str]:
    return {"timezone_id": "Europe/Warsaw"}


def test_times_are_shown_in_the_zone_of_the_browser(signed_in_page: Page):
    page = signed_in_page
    winter = datetime(2031, 1, 15, 11, 30, tzinfo=UTC)
    summer = datetime(2031, 7, 15, 22, 30, tzinfo=UTC)
    keys = [IssuedFactory(expires_at=at).key.key_id for at in (winter, summer)]

    # The first page tells the server the zone; from the second on it is used.
    page.goto(KEYS)
    page.goto(f"{KEYS}{keys[0]}/")
    expect(page.locator(".kv time").first).to_have_text("15 Jan 2031, 12:30 CET")
    page.goto(f"{KEYS}{keys[1]}/")
    expect(page.locator(".kv time").first).to_have_text("16 Jul 2031, 00:30 CEST")
    page.goto(KEYS)
    expect(page.get_by_role("cell", name="16 Jul 2031")).to_be_visible()


def test_typed_expiry_is_in_the_zone_of_the_browser(signed_in_page: Page):
    page = signed_in_page
    page.goto(KEYS)
    dialog = open_create_dialog(page)
    fill_in_open_key(dialog, "Snowflake export")
    dialog.get_by_label("Expires").select_option("On a date…")
    dialog.get_by_label("Expiry date").fill("2031-07-15T12:00")

    send(dialog, "Create API key")
    store_and_close(token_dialog(page, "“Snowflake export” is ready"))

    assert ApiKey.objects.get().expires_at == datetime(2031, 7, 15, 10, 0, tzinfo=UTC)
    expect(page.locator(".kv time").first).to_have_text("15 Jul 2031, 12:00 CEST")
