"""The page of a key under the hand: nothing typed and no click is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from apikeys.changes.actors import OPERATOR
from apikeys.keys.models import ApiKey
from apikeys.keys.rotation import rotate_key
from tests.browser.steps import KEYS, fill_in_open_key, open_create_dialog, send
from tests.factories import IssuedFactory


@pytest.fixture
def key(db):
    return IssuedFactory(
        fields__name="Billing",
        fields__networks=("10.0.0.0/8",),
        fields__endpoints=("/api/egress/*",),
    ).key


@pytest.fixture
def key_page(signed_in_page: Page, key: ApiKey) -> Page:
    signed_in_page.goto(f"{KEYS}{key.key_id}/")
    return signed_in_page


def click_slowly(page: Page, button: Locator) -> None:
    """Press and release at one place, as a hand does, whatever moves meanwhile."""
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 3)
    page.mouse.down()
    page.wait_for_timeout(100)
    page.mouse.up()


@pytest.mark.parametrize(
    ("label", "typed", "answer"),
    [
        pytest.param(
            "Endpoint permissions",
            "https://crm.example.com/api/egress/leads",
            "Saved.",
            id="pasted-address",
        ),
        pytest.param(
            "Allowed IP addresses",
            "10.0.0.1/8",
            "Did you mean 10.0.0.0/8?",
            id="host-bits",
        ),
        pytest.param(
            "Allowed IP addresses",
            "office",
            "office is no IP address or network.",
            id="no-network",
        ),
    ],
)
def test_first_click_on_save_is_not_lost(label, typed, answer, key_page):
    field = key_page.get_by_label(label)
    field.fill("")
    field.press_sequentially(typed)

    click_slowly(key_page, key_page.get_by_role("button", name="Save", exact=True))

    expect(key_page.locator("main").get_by_text(answer).first).to_be_visible()


def test_help_still_comes_when_the_field_is_left_by_a_click_elsewhere(key_page):
    networks = key_page.get_by_label("Allowed IP addresses")
    networks.fill("")
    networks.press_sequentially("10.0.0.1/8")

    key_page.get_by_role("heading", name="Restrictions").click()

    expect(key_page.get_by_role("button", name="Use 10.0.0.0/8")).to_be_visible()


def test_check_judges_what_is_typed_and_keeps_it(key_page, key):
    key_page.get_by_label("Name", exact=True).fill("Renamed")
    key_page.get_by_label("Allowed IP addresses").fill("192.0.2.0/24")
    key_page.get_by_label("Path").fill("/api/egress/leads")
    key_page.get_by_label("From address").fill("192.0.2.9")

    send(key_page, "Check")

    answer = key_page.locator("#try").get_by_role("status")
    expect(answer).to_contain_text(
        "It would pass with what is typed here, which is not saved yet."
    )
    expect(answer).to_contain_text("As saved, it is refused: 403 ip_not_allowed.")
    expect(key_page.get_by_label("Name", exact=True)).to_have_value("Renamed")
    expect(key_page.get_by_label("Allowed IP addresses")).to_have_value("192.0.2.0/24")
    key.refresh_from_db()
    assert (key.name, key.networks) == ("Billing", ["10.0.0.0/8"])

    # Nothing is lost: what is typed can still be saved.
    send(key_page, "Save")
    expect(key_page.get_by_text("Saved.")).to_be_visible()
    key.refresh_from_db()
    assert (key.name, key.networks) == ("Renamed", ["192.0.2.0/24"])


def test_enter_asks_in_the_try_out_and_saves_in_the_settings(key_page, key):
    key_page.get_by_label("Name", exact=True).fill("Renamed")
    path = key_page.get_by_label("Path")
    path.fill("/api/v2/leads")
    path.press("Enter")
    answer = key_page.locator("#try").get_by_role("status")
    expect(answer).to_contain_text("Refused")
    key.refresh_from_db()
    assert key.name == "Billing"

    key_page.get_by_label("Name", exact=True).press("Enter")

    expect(key_page.get_by_text("Saved.")).to_be_visible()
    key.refresh_from_db()
    assert key.name == "Renamed"


def test_leaving_asks_only_when_something_is_typed(key_page):
    asked: list[str] = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.accept()

    key_page.on("dialog", stay)
    key_page.get_by_label("Name", exact=True).fill("Renamed")
    key_page.get_by_label("Path").fill("/api/v2")
    expect(key_page.get_by_text("Not saved yet")).to_be_visible()
    key_page.goto(KEYS)
    assert asked == ["beforeunload"]

    key_page.go_back()
    key_page.get_by_label("Name", exact=True).fill("Renamed")
    key_page.get_by_label("Name", exact=True).fill("Billing")
    key_page.get_by_label("Path").fill("/api/v2")
    expect(key_page.get_by_text("Not saved yet")).to_have_count(0)
    key_page.goto(KEYS)
    assert asked == ["beforeunload"]


def test_saving_asks_nothing(key_page):
    asked: list[str] = []

    def leave(dialog):
        asked.append(dialog.type)
        dialog.accept()

    key_page.on("dialog", leave)

    key_page.get_by_label("Name", exact=True).fill("Renamed")
    send(key_page, "Save")

    expect(key_page.get_by_text("Saved.")).to_be_visible()
    assert asked == []


def test_escape_asks_before_what_is_typed_is_lost(signed_in_page: Page):
    page = signed_in_page
    page.goto(KEYS)
    dialog = open_create_dialog(page)
    name = dialog.get_by_label("Name", exact=True)
    name.fill("Snowflake export")

    for _ in range(2):
        page.keyboard.press("Escape")
        expect(dialog.get_by_role("alert").first).to_contain_text("not saved")
    dialog.get_by_role("button", name="Keep editing").click()
    expect(name).to_have_value("Snowflake export")
    expect(dialog.get_by_role("button", name="Keep editing")).to_have_count(0)

    dialog.get_by_role("link", name="Cancel").click()
    dialog.get_by_role("button", name="Discard it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_form_sent_from_a_dialog_after_the_session_ended_comes_back(
    page, sign_in, admin_user
):
    sign_in(admin_user)
    page.goto(KEYS)
    dialog = open_create_dialog(page)
    fill_in_open_key(dialog, "Snowflake export")
    page.context.clear_cookies(name="sessionid")

    send(dialog, "Create API key")
    page.get_by_label("User name or e-mail").fill("admin")
    page.get_by_label("Password").fill("password")
    send(page, "Sign in")

    expect(
        page.get_by_text("Your session had ended, so nothing was done.")
    ).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Snowflake export")
    expect(page.get_by_label("Full access")).to_be_checked()
    expect(page.get_by_label("Open to any address")).to_be_checked()
    assert not ApiKey.objects.exists()
    send(page, "Create API key")
    expect(page.get_by_text("Copy the token now.")).to_be_visible()


def test_check_after_the_session_ended_leads_through_the_sign_in(key_page):
    key_page.get_by_label("Name", exact=True).fill("Renamed")
    key_page.context.clear_cookies(name="sessionid")

    send(key_page, "Check")
    key_page.get_by_label("User name or e-mail").fill("admin")
    key_page.get_by_label("Password").fill("password")
    send(key_page, "Sign in")

    expect(key_page.get_by_label("Name", exact=True)).to_have_value("Renamed")


def test_page_with_errors_starts_at_the_first(key_page):
    key_page.get_by_label("Allowed IP addresses").fill("office")

    send(key_page, "Save")

    expect(key_page.get_by_text("office is no IP address")).to_be_visible()
    networks = key_page.get_by_label("Allowed IP addresses")
    expect(networks).to_be_focused()
    outline = networks.evaluate("(field) => getComputedStyle(field).outlineColor")
    border = networks.evaluate("(field) => getComputedStyle(field).borderColor")
    assert outline == border


@pytest.mark.parametrize(
    "context_options",
    [{"viewport": {"width": width, "height": 844}} for width in (390, 768, 1280)],
)
def test_token_has_no_letter_alone_and_its_buttons_are_small(
    signed_in_page: Page, context_options
):
    page = signed_in_page
    page.goto(KEYS)
    dialog = open_create_dialog(page)
    fill_in_open_key(dialog, "Snowflake export")
    send(dialog, "Create API key")
    expect(dialog.page.locator("#token")).to_be_visible()

    lines = page.evaluate(
        """() => { const range = document.createRange();
        range.selectNodeContents(document.getElementById("token"));
        return [...range.getClientRects()].map((line) => line.width); }"""
    )
    heights = page.evaluate(
        "() => [...document.querySelectorAll('[data-copy]')].map((button) => button.offsetHeight)"
    )

    assert min(lines) > max(lines) / 2
    assert (len(lines) == 1) is (context_options["viewport"]["width"] > 390)
    assert max(heights) <= 44


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_questions_are_accessible(color_scheme, key_page, key, assert_accessible):
    key_page.emulate_media(color_scheme=color_scheme)
    rotate_key(key.key_id, overlap=timedelta(days=1), actor=OPERATOR, at=timezone.now())
    key_page.reload()
    assert_accessible(key_page)
    for opener in (
        "Cancel the rotation…",
        "End the old token now…",
        "Deactivate…",
    ):
        key_page.get_by_role("link", name=opener).click()
        dialog = key_page.get_by_role("dialog")
        expect(dialog).to_contain_text("Billing")
        assert_accessible(key_page)
        dialog.get_by_role("button", name="Close").click()
        expect(key_page.get_by_role("dialog")).to_have_count(0)


def test_nothing_is_wider_than_the_screen(signed_in_page: Page, db):
    key = IssuedFactory(
        fields__name="W" * 100,
        fields__networks=tuple(f"10.{number}.0.0/16" for number in range(20)),
        fields__endpoints=("/api/egress/" + "w" * 200,),
    ).key
    page = signed_in_page
    for width in (390, 768, 1024, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        for part in ("", "delete/", "deactivate/", "rotate/"):
            page.goto(f"{KEYS}{key.key_id}/{part}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
