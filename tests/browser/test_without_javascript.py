from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from apikeys.keys.models import ApiKey
from tests.browser.steps import KEY_PAGE, KEYS, call, fill_in_open_key, send, token_in


@pytest.fixture
def context_options() -> dict[str, bool]:
    return {"java_script_enabled": False}


@pytest.mark.expects_console_errors(r"409 \(Conflict\)")
def test_key_is_created_on_plain_pages(signed_in_page: Page, live_server):
    page = signed_in_page

    # The button of the list opens the form as a page.
    page.goto(KEYS)
    page.get_by_role("link", name="Create API key").first.click()
    expect(page).to_have_url(f"{KEYS}add/")
    expect(page.get_by_role("dialog")).to_have_count(0)

    # What is wrong stands beside its field, and is told of it.
    send(page, "Create API key")
    name = page.get_by_label("Name", exact=True)
    expect(name).to_have_accessible_description(re.compile("This field is required."))
    networks = page.locator("[data-field=networks]")
    expect(networks).to_contain_text(
        "Enter at least one, or tick “Open to any address”."
    )
    fill_in_open_key(page, "Snowflake export")
    page.get_by_label("Full access").uncheck()
    send(page, "Create API key")
    expect(page.locator("[data-field=roles]")).to_contain_text("at least one role")
    assert list(ApiKey.objects.all()) == []

    # Filled in well, it shows the token, which works.
    page.get_by_label("Full access").check()
    send(page, "Create API key")
    expect(
        page.get_by_role("heading", name="“Snowflake export” is ready")
    ).to_be_visible()
    token = token_in(page)
    assert call(f"{live_server.url}/api/whoami", token)[0] == 200

    # Reloaded, the POST is sent once more: no second key, no second look.
    answer = page.reload()
    assert answer is not None
    assert answer.status == 409
    expect(
        page.get_by_role("heading", name="This form was already sent")
    ).to_be_visible()
    assert token.rpartition("_")[2] not in page.content()
    expect(page.locator("#token")).to_have_count(0)
    assert [key.name for key in ApiKey.objects.all()] == ["Snowflake export"]
    page.get_by_role("link", name="Open “Snowflake export”").click()
    expect(page).to_have_url(KEY_PAGE)


def test_token_page_ends_at_the_key(signed_in_page: Page):
    page = signed_in_page
    page.goto(f"{KEYS}add/")
    fill_in_open_key(page, "Snowflake export")
    send(page, "Create API key")

    page.get_by_role("link", name="Done").click()

    expect(page).to_have_url(KEY_PAGE)
    expect(page.get_by_role("heading", name="Snowflake export")).to_be_visible()
