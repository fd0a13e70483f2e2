"""Chromium for tests: `page`, `signed_in_page`, `sign_in`, `assert_accessible`.

A page whose console shows an error or a report of the content security policy, or
that asks another server for something, fails its test, unless the test is marked
with `expects_console_errors`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Error,
    Page,
    Request,
    expect,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from apikeys.organization.models import Person
from tests.system_parts import find_chromium

TIMEOUT_MILLISECONDS = 15_000
# Chromium must not look for its maker's servers.
ARGUMENTS = ["--disable-gpu", "--disable-quic", "--disable-sync"]
OWN_SCHEMES = ("about:", "blob:", "data:")

expect.set_options(timeout=TIMEOUT_MILLISECONDS)


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    path = find_chromium()
    if path is None:
        pytest.fail("There is no Chromium; `make test` installs it.", pytrace=False)
    return path


@pytest.fixture(scope="session")
def browser(chromium_path: Path) -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, which Django takes for
    # asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = _launch(playwright.chromium, chromium_path)
        yield browser
        browser.close()


@pytest.fixture
def complaints(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """What the browser complains of; at the end, what was not expected fails."""
    complaints: list[str] = []
    yield complaints
    marker = request.node.get_closest_marker("expects_console_errors")
    expected = "|".join(marker.args or [".*"]) if marker else "(?!)"
    unexpected = [text for text in complaints if not re.search(expected, text)]
    if unexpected:
        pytest.fail("\n".join(["The browser complains:", *unexpected]), pytrace=False)


@pytest.fixture
def context_options() -> dict[str, Any]:
    """Options of `new_context`; a module or a parameter may put others here."""
    return {}


@pytest.fixture
def context(
    browser: Browser,
    live_server: LiveServer,
    complaints: list[str],
    context_options: dict[str, Any],
) -> Iterator[BrowserContext]:
    # Without motion, or axe would judge colors in the middle of a fade.
    options = {"locale": "en-US", "reduced_motion": "reduce", **context_options}
    context = browser.new_context(base_url=live_server.url, **options)
    context.set_default_timeout(TIMEOUT_MILLISECONDS)
    _listen(context, live_server.url, complaints)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def sign_in(
    context: BrowserContext, live_server: LiveServer
) -> Callable[[Person], None]:
    def sign_in(person: Person) -> None:
        client = Client()
        client.force_login(person)
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies(
            [
                {
                    "name": name,
                    "value": client.cookies[name].value,
                    "url": live_server.url,
                    "httpOnly": True,
                }
            ]
        )

    return sign_in


@pytest.fixture
def signed_in_page(page: Page, sign_in, admin_user) -> Page:
    """A page of a superadmin; `admin_user` is pytest-django's."""
    sign_in(admin_user)
    return page


@pytest.fixture
def assert_accessible(complaints: list[str]) -> Callable[..., None]:
    def assert_accessible(page: Page, without: str = "") -> None:
        """Fail with what axe finds, leaving out what is inside a CSS selector."""
        before = len(complaints)
        results = Axe().run(
            page,
            context={"exclude": [[without]]} if without else None,
            # Without preload it does not fetch style sheets under wrong addresses.
            options={"preload": False, "resultTypes": ["violations"]},
        )
        # It tries inline styles of its own, which the page's policy refuses.
        del complaints[before:]
        assert results.violations_count == 0, results.generate_report()

    return assert_accessible


def _launch(chromium: BrowserType, path: Path) -> Browser:
    def launch(sandbox: bool) -> Browser:
        return chromium.launch(
            executable_path=path,
            args=ARGUMENTS,
            chromium_sandbox=sandbox,
            # What the back button shows is under test.
            ignore_default_args=["--disable-back-forward-cache"],
        )

    if os.geteuid() == 0:
        # Chromium refuses a sandbox to root.
        return launch(sandbox=False)
    try:
        return launch(sandbox=True)
    except Error:
        # Containers often forbid what the sandbox is made of.
        return launch(sandbox=False)


def _listen(context: BrowserContext, own_address: str, complaints: list[str]) -> None:
    def on_console(message: ConsoleMessage) -> None:
        if message.location.get("url", "").endswith("/favicon.ico"):
            # Chromium asks for it on its own, once, in whichever test comes first.
            return
        if message.type == "error" or "Content Security Policy" in message.text:
            complaints.append(f"{message.text} ({message.location.get('url')})")

    def on_request(request: Request) -> None:
        if not request.url.startswith((own_address, *OWN_SCHEMES)):
            complaints.append(f"Asks another server: {request.url}")

    context.on("console", on_console)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("request", on_request)
