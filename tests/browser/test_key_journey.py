from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.steps import (
    KEY_PAGE,
    call,
    create_open_key,
    send,
    store_and_close,
    token_dialog,
    token_in,
)

ELSEWHERE = "192.0.2.0/24"


def test_key_from_the_first_sign_in_to_its_deletion(page, live_server, admin_user):
    def answer_to(token: str, path: str = "/api/whoami") -> tuple[int, str | None]:
        status, answer = call(live_server.url + path, token)
        return status, answer.get("code")

    # A superadmin signs in and lands on the keys, of which there are none.
    _sign_in_by_form(page)
    expect(page.get_by_role("heading", name="No API keys yet")).to_be_visible()

    # They create a key, and an application uses its token.
    dialog = create_open_key(page, "Snowflake export")
    token = token_in(dialog)
    store_and_close(dialog)
    expect(page.get_by_role("heading", name="Snowflake export")).to_be_visible()
    key_id = page.locator("main code").first.inner_text()
    status, whoami = call(f"{live_server.url}/api/whoami", token)
    assert (status, whoami["id"], whoami["name"]) == (200, key_id, "Snowflake export")

    # Restricted to some endpoints, it is refused at the others.
    _restrict(page, networks="127.0.0.1", endpoints="/api/egress/*")
    assert answer_to(token, "/api/ingress/leads") == (403, "endpoint_not_allowed")
    assert answer_to(token) == (200, None)
    _ask(page, "/api/ingress/leads", "127.0.0.1")
    _expect_refusal(page, "403 endpoint_not_allowed")
    _ask(page, "/api/egress/leads", "127.0.0.1")
    expect(page.get_by_text("It would pass.")).to_be_visible()

    # Restricted to another network, it is refused everywhere from here.
    _restrict(page, networks=ELSEWHERE, endpoints="/api/egress/*")
    assert answer_to(token) == (403, "ip_not_allowed")
    assert answer_to(token, "/api/egress/leads") == (403, "ip_not_allowed")
    _ask(page, "/api/egress/leads", "127.0.0.1")
    _expect_refusal(page, "403 ip_not_allowed")
    _ask(page, "/api/egress/leads", "192.0.2.9")
    expect(page.get_by_text("It would pass.")).to_be_visible()

    # The list tells all this at a glance, and finds the key by its ID.
    _restrict(page, networks="127.0.0.0/8", endpoints="/api/egress/*")
    _find_in_list(page, key_id)

    newest = _rotate_with_overlap(page, token, answer_to)
    _pause(page, newest, answer_to)
    _delete(page, newest, answer_to)


def _sign_in_by_form(page: Page) -> None:
    page.goto("/settings/")
    page.get_by_label("User name or e-mail").fill("admin")
    page.get_by_label("Password").fill("wrong")
    send(page, "Sign in")
    expect(page.get_by_role("alert")).to_contain_text(
        "correct user name or e-mail and password"
    )
    page.get_by_label("Password").fill("password")
    send(page, "Sign in")


def _restrict(page: Page, networks: str, endpoints: str) -> None:
    page.get_by_label("Allowed IP addresses").fill(networks)
    page.get_by_label("Open to any address").uncheck()
    page.get_by_label("Endpoint permissions").fill(endpoints)
    page.get_by_label("All endpoints of its type").uncheck()
    send(page, "Save")
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()


def _ask(page: Page, path: str, address: str) -> None:
    page.get_by_label("Path").fill(path)
    page.get_by_label("From address").fill(address)
    send(page, "Check")
    expect(page.get_by_label("From address")).to_have_value(address)
    expect(page.get_by_label("Path")).to_have_value(path)


def _expect_refusal(page: Page, text: str) -> None:
    answer = page.locator("#try").get_by_role("status")
    expect(answer).to_contain_text(f"Refused: {text}.")


def _find_in_list(page: Page, key_id: str) -> None:
    page.get_by_role("navigation", name="Settings").get_by_text("API keys").click()
    page.get_by_role("searchbox").fill(key_id)
    page.keyboard.press("Enter")
    rows = page.get_by_role("table").locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("/api/egress/*v1, 1 network")
    rows.get_by_role("link", name="Snowflake export").click()
    expect(page).to_have_url(KEY_PAGE)


def _rotate_with_overlap(page: Page, old: str, answer_to) -> str:
    # During the overlap both tokens work; ended, only the new one does.
    page.get_by_role("link", name="Rotate…").click()
    dialog = page.get_by_role("dialog", name="Rotate “Snowflake export”")
    dialog.get_by_label("works for 1 more day").check()
    send(dialog, "Rotate")
    dialog = token_dialog(page, "“Snowflake export” has a new token")
    new = token_in(dialog)
    store_and_close(dialog)
    expect(page.get_by_role("heading", name="Rotation under way")).to_be_visible()
    assert new != old
    assert [answer_to(old), answer_to(new)] == [(200, None), (200, None)]

    page.get_by_role("link", name="End the old token now…").click()
    dialog = page.get_by_role("dialog", name="End the old token of")
    expect(dialog.get_by_role("link", name="Keep both for now")).to_be_focused()
    expect(dialog.get_by_role("button", name="End the old token")).to_be_disabled()
    dialog.get_by_label("Calls with the old token may fail").check()
    send(dialog, "End the old token")
    expect(page.get_by_text("the old token is void")).to_be_visible()
    assert answer_to(old) == (401, "credentials_invalid")
    assert answer_to(new) == (200, None)
    return new


def _pause(page: Page, token: str, answer_to) -> None:
    page.get_by_role("link", name="Deactivate…").click()
    send(page.get_by_role("dialog", name="Deactivate"), "Deactivate")
    expect(page.locator("main .title .pill")).to_have_text("Inactive")
    assert answer_to(token) == (401, "key_inactive")

    send(page, "Activate")
    expect(page.locator("main .title .pill")).to_have_text("Active")
    assert answer_to(token) == (200, None)


def _delete(page: Page, token: str, answer_to) -> None:
    page.get_by_role("link", name="Delete…", exact=True).click()
    dialog = page.get_by_role("dialog", name="Delete “Snowflake export”?")
    name = dialog.get_by_label("Type the name to confirm")
    name.fill("Snowflake")
    send(dialog, "Delete key")
    expect(dialog.get_by_text("This is not its name.")).to_be_visible()
    assert answer_to(token) == (200, None)

    name.fill("Snowflake export")
    send(dialog, "Delete key")
    expect(page.get_by_text("Its calls are refused from now on.")).to_be_visible()
    expect(page.get_by_role("heading", name="All keys are deleted")).to_be_visible()
    assert answer_to(token) == (401, "credentials_invalid")

    # Its name stays for the record, where one asks for it.
    page.get_by_label("Status").select_option("Deleted")
    page.get_by_role("link", name="Snowflake export").click()
    expect(page.get_by_text("This key was deleted")).to_be_visible()
