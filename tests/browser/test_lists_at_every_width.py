"""Rows of lists with the longest names, from a phone to a wide screen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apikeys.changes.actors import OPERATOR, Actor
from apikeys.choices import ActorKind
from apikeys.keys.rotation import rotate_key
from apikeys.plugin_tokens.services import issue_plugin_token
from tests.browser.screens import TOKENS
from tests.browser.steps import KEYS
from tests.factories import IssuedFactory, RoleFactory

ROLES = "/settings/auth/group/"
AUDIT = "/settings/apikeys/auditentry/"
LISTS = [KEYS, TOKENS, ROLES, AUDIT]
WIDTHS = [721, 768, 1024, 1280, 1920]
TWO_LINES = 56
NAME = "W" * 100
USUAL_NAME = "Nightly export to the warehouse"
ROWS = "[...document.querySelectorAll('#result_list tbody tr')]"
HIGHEST_ROW = f"Math.max(...{ROWS}.map((row) => row.getBoundingClientRect().height))"
EXCESS = "document.scrollingElement.scrollWidth - innerWidth"
SIDEWAYS = """[...document.querySelectorAll('.results')]
    .map((box) => box.scrollWidth - box.clientWidth)"""
# The lines that are cut, of a column.
CUT = """(column) => [...document.querySelectorAll(`.field-${column} :is(.l1, .l2)`)]
    .filter((line) => line.scrollWidth > line.clientWidth)
    .map((line) => line.textContent)"""


@pytest.fixture
def lists(db) -> None:
    """Names without a blank, 20 networks, 200 domains, and a second page."""
    at = timezone.now()
    ada = Actor(ActorKind.PERSON, "a" * 150, "2001:db8:1234:5678:9abc:def0:1234:5678")
    IssuedFactory.create_batch(27, fields__networks=())
    rotating = IssuedFactory(
        fields__name=USUAL_NAME, at=at, expires_at=at + timedelta(days=365)
    ).key
    rotate_key(rotating.key_id, overlap=timedelta(days=7), actor=OPERATOR, at=at)
    IssuedFactory(
        fields__name=NAME,
        fields__networks=tuple(f"10.0.{number}.0/24" for number in range(20)),
        fields__endpoints=("/api/egress/" + "x" * 200, "/api/egress/b"),
        actor=ada,
    )
    IssuedFactory(fields__name="M" * 100, key_type="webservice_premium", actor=ada)
    RoleFactory(name="R" * 150)
    issue_plugin_token(
        name="N" * 255,
        domains=[f"{'d' * 60}{number}.example.com" for number in range(200)],
        actor=ada,
        at=at,
    )


@pytest.mark.parametrize("path", LISTS)
def test_no_name_makes_a_row_high_or_the_page_wide(path, signed_in_page: Page, lists):
    page = signed_in_page
    found = {}

    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(path)
        highest = page.evaluate(HIGHEST_ROW)
        found[width] = (highest, page.evaluate(EXCESS), page.evaluate(SIDEWAYS))

    assert {
        width: measured
        for width, measured in found.items()
        if measured[0] > TWO_LINES or measured[1:] != (0, [0])
    } == {}


@pytest.mark.parametrize("width", [768, 1024, 1280, 1920])
def test_ids_states_and_ends_are_never_cut(width, signed_in_page: Page, lists):
    page = signed_in_page
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(KEYS)

    names = page.evaluate(CUT, "name_and_id")
    assert page.evaluate(CUT, "state") == []
    assert [text for text in names if text.startswith("kd_")] == []
    assert {text[0] for text in names} <= {"W", "M"} | (
        {"N"} if width < 1280 else set()
    )


def test_a_wide_screen_is_used(signed_in_page: Page, lists):
    page = signed_in_page
    page.set_viewport_size({"width": 1920, "height": 900})
    page.goto(KEYS)

    assert page.locator("#result_list").evaluate("(table) => table.offsetWidth") > 1_400


def test_all_of_an_entry_opens_with_the_keyboard(signed_in_page: Page, lists):
    page = signed_in_page
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{AUDIT}?action=plugin_token_created")
    last = page.get_by_text(f"{'d' * 60}199.example.com")
    expect(last).to_be_hidden()

    summary = page.get_by_text("200 domains added")
    summary.focus()
    summary.press("Enter")

    expect(last).to_be_visible()
    assert page.evaluate(EXCESS) == 0
    assert page.evaluate(SIDEWAYS) == [0]


def test_a_row_of_the_trail_leads_to_its_key(signed_in_page: Page, lists):
    page = signed_in_page
    page.goto(f"{AUDIT}?action=key_rotated")

    page.get_by_role("link", name=USUAL_NAME).click()

    expect(page.get_by_role("heading", name=USUAL_NAME)).to_be_visible()


class TestOnAPhone:
    @pytest.fixture
    def context_options(self) -> dict[str, Any]:
        phone = {"width": 390, "height": 844}
        return {"viewport": phone, "has_touch": True, "is_mobile": True}

    @pytest.mark.parametrize("path", LISTS)
    def test_every_list_fits(self, path, signed_in_page: Page, lists):
        signed_in_page.goto(path)

        excess = signed_in_page.evaluate("document.scrollingElement.scrollWidth - 390")

        assert excess == 0
        assert signed_in_page.evaluate(HIGHEST_ROW) < 280

    def test_rows_are_sorted_without_headings(self, signed_in_page: Page, lists):
        page = signed_in_page
        page.goto(f"{KEYS}?status=active")
        first = page.locator("#result_list tbody tr").first

        page.get_by_label("Order").select_option("Key, descending")

        expect(first).to_contain_text(NAME)
        assert "status=active" in page.url
        expect(page.get_by_label("Order")).to_have_value("-0")

    @pytest.mark.parametrize("path", LISTS)
    @pytest.mark.parametrize(
        "context_options",
        [{"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}],
    )
    def test_every_list_fits_without_a_script(self, path, signed_in_page: Page, lists):
        signed_in_page.goto(path)

        expect(signed_in_page.get_by_role("button", name="Apply")).to_be_visible()
        first = signed_in_page.locator("#result_list tbody td").first
        assert signed_in_page.evaluate(EXCESS) == 0
        assert first.bounding_box()["width"] > 120  # type: ignore[index]


def test_the_order_is_chosen_by_headings_on_a_wide_screen(signed_in_page: Page, lists):
    page = signed_in_page
    page.goto(f"{KEYS}?q=W")
    expect(page.get_by_label("Order")).to_be_hidden()

    page.get_by_role("link", name="Key", exact=True).click()
    expect(page.get_by_role("columnheader", name="Key")).to_have_attribute(
        "aria-sort", "ascending"
    )
    page.get_by_label("Status").select_option("Active")

    expect(page.get_by_role("columnheader", name="Key")).to_have_attribute(
        "aria-sort", "ascending"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    [
        f"{KEYS}?rows=25&p=2",
        f"{KEYS}?q={'word+' * 11}",
        f"{KEYS}?status=nope",
        f"{AUDIT}?action=plugin_token_created",
        ROLES,
    ],
)
def test_lists_are_accessible(
    path, scheme, signed_in_page: Page, lists, assert_accessible
):
    page = signed_in_page
    page.emulate_media(color_scheme=scheme)
    page.goto(path)
    if path.startswith(AUDIT):
        page.get_by_text("200 domains added").click()

    assert_accessible(page)
