from __future__ import annotations

import re

from playwright.sync_api import expect

from apikeys.plugin_tokens.models import PluginToken
from tests.browser.screens import TOKENS
from tests.factories import PersonFactory


def test_a_tenant_is_let_in_by_way_of_the_screens(page, sign_in, live_server):
    sign_in(PersonFactory(username="root", is_superuser=True))

    _create(page)

    # The value is hidden until asked for; the snippet then carries it.
    expect(page.locator("#plugin-token")).to_have_count(0)
    page.get_by_role("button", name="Show value").click()
    value = page.locator("#plugin-token").inner_text()
    expect(page.locator("#snippet")).to_contain_text(f"Bearer {value}")

    # The tester and a real page of the tenant get the same answer.
    page.goto(f"{TOKENS}{PluginToken.objects.get().public_id}/")
    page.get_by_label("Address of the page").fill("https://shop.tenant.example.com")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("It would be let in.")).to_be_visible()
    assert (
        _authorize(page, live_server, value, "https://shop.tenant.example.com") == 200
    )

    # The tenant leaves.
    page.get_by_label("Domains").fill("localhost:3000")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert (
        _authorize(page, live_server, value, "https://shop.tenant.example.com") == 403
    )

    # A replaced value voids the old one; deleting needs the name.
    page.get_by_role("link", name="Replace value").click()
    page.get_by_role("dialog").get_by_role("button", name="Replace value").click()
    expect(page.get_by_text("has a new value")).to_be_visible()
    assert _authorize(page, live_server, value, "http://localhost:3000") == 403
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("dialog").get_by_label("Type").fill("Tenant")
    page.get_by_role("dialog").get_by_role("button", name="Delete token").click()
    expect(page.get_by_text("No plugin tokens yet")).to_be_visible()


def _authorize(page, live_server, value, origin):
    headers = {"Authorization": f"Bearer {value}", "Origin": origin}
    answer = page.request.post(
        f"{live_server.url}/api/plugin/authorize", headers=headers
    )
    return answer.status


def _create(page):
    # An empty list says what to do; the form opens as a dialog.
    page.goto(TOKENS)
    page.get_by_role("link", name="Create plugin token").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Tenant")

    # What nobody can let in is an error beside its field and loses nothing.
    dialog.get_by_label("Domains").fill("*.tenant.example.com")
    dialog.get_by_role("button", name="Create plugin token").click()
    expect(dialog.locator(".errorlist")).to_have_text(
        "“*.tenant.example.com” has a wildcard; a domain covers its subdomains"
        " without one."
    )
    # Of a pasted address the domain is taken.
    dialog.get_by_label("Domains").fill("https://tenant.example.com/x\nlocalhost:3000")
    dialog.get_by_role("button", name="Create plugin token").click()
    page.wait_for_url(re.compile(f"{TOKENS}[0-9a-f-]{{36}}/$"))
