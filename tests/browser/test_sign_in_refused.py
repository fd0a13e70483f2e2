"""What a person sees whom the bounds of sign-in keep out for a while."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from apikeys.passwords import hashing
from tests.browser.steps import send
from tests.factories import PersonFactory

LOGIN = "/settings/login/"


@pytest.fixture(params=["light", "dark"])
def context_options(request) -> dict[str, str]:
    return {"color_scheme": request.param}


def _try_password(page: Page) -> None:
    page.goto(LOGIN)
    page.get_by_label("User name or e-mail").fill("ada")
    page.locator("[name=password]").fill("wrong")
    send(page, "Sign in")


@pytest.mark.expects_console_errors(r"429 \(Too Many Requests\)")
def test_page_after_too_many_tries(page: Page, transactional_db, assert_accessible):
    PersonFactory(username="ada")
    for _ in range(10):
        _try_password(page)
        expect(page.get_by_role("alert")).to_contain_text("correct user name")

    _try_password(page)

    expect(page.get_by_role("heading")).to_have_text("Too many tries")
    # As the clock is: the tries may be of two slices of time.
    told = re.compile(r"Too many tries\. Try again in [56] minutes\.")
    expect(page.get_by_text(told)).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Back to Settings").click()
    expect(page.get_by_role("heading")).to_have_text("Sign in")


@pytest.mark.expects_console_errors(r"503 \(Service Unavailable\)")
def test_page_when_others_are_checked(page: Page, transactional_db, assert_accessible):
    with hashing(), hashing():
        _try_password(page)

    expect(page.get_by_role("heading")).to_have_text("Busy for a moment")
    assert_accessible(page)
