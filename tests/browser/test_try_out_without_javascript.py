"""Without scripts the try-out and the questions are pages, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apikeys.changes.actors import OPERATOR
from apikeys.keys.models import KeySecret
from apikeys.keys.rotation import rotate_key
from tests.browser.steps import KEYS, send
from tests.factories import IssuedFactory


@pytest.fixture
def context_options() -> dict[str, bool]:
    return {"java_script_enabled": False}


def test_check_judges_what_is_typed_and_saves_nothing(signed_in_page: Page):
    page = signed_in_page
    key = IssuedFactory(fields__name="Billing", fields__networks=("10.0.0.0/8",)).key
    page.goto(f"{KEYS}{key.key_id}/")
    page.get_by_label("Name", exact=True).fill("Renamed")
    page.get_by_label("Allowed IP addresses").fill("192.0.2.0/24")
    page.get_by_label("Path").fill("/api/egress/leads")
    page.get_by_label("From address").fill("192.0.2.9")

    # Enter in the try-out asks, and so does the button.
    for ask in (
        lambda: page.get_by_label("Path").press("Enter"),
        lambda: send(page, "Check"),
    ):
        ask()
        expect(
            page.get_by_text("It would pass with what is typed here")
        ).to_be_visible()
        expect(page.get_by_label("Name", exact=True)).to_have_value("Renamed")
        expect(page.get_by_label("From address")).to_have_value("192.0.2.9")
        key.refresh_from_db()
        assert (key.name, key.networks) == ("Billing", ["10.0.0.0/8"])

    send(page, "Save")
    expect(page.get_by_text("Saved.")).to_be_visible()
    key.refresh_from_db()
    assert (key.name, key.networks) == ("Renamed", ["192.0.2.0/24"])


def test_end_of_a_rotation_is_asked_on_a_page_and_needs_its_tick(signed_in_page: Page):
    page = signed_in_page
    key = IssuedFactory(fields__name="Billing").key
    rotate_key(key.key_id, overlap=timedelta(days=1), actor=OPERATOR, at=timezone.now())
    old = KeySecret.objects.exclude(expires_at=None)
    old.update(last_used_at=timezone.now(), last_used_address="192.0.2.9")
    page.goto(f"{KEYS}{key.key_id}/")

    page.get_by_role("link", name="End the old token now…").click()
    expect(page.get_by_text("192.0.2.9")).to_be_visible()
    send(page, "End the old token")
    expect(page.get_by_text("Tick this first.")).to_be_visible()
    assert key.secrets.count() == 2

    page.get_by_label("Calls with the old token may fail").check()
    send(page, "End the old token")
    expect(page.get_by_text("the old token is void")).to_be_visible()
    assert key.secrets.count() == 1
