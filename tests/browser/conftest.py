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

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Error,
    Page,
    Request,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from tests.system_parts import find_chromium

TIMEOUT_MILLISECONDS = 15_000
# Chromium must not look for its maker's servers.
ARGUMENTS = ["--disable-gpu", "--disable-quic", "--disable-sync"]
OWN_SCHEMES = ("about:", "blob:", "data:")


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
def context(
    browser: Browser, live_server: LiveServer, request: pytest.FixtureRequest
) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=live_server.url, locale="en-US")
    context.set_default_timeout(TIMEOUT_MILLISECONDS)
    complaints = _listen(context, live_server.url)
    yield context
    context.close()
    marker = request.node.get_closest_marker("expects_console_errors")
    if marker:
        patterns = marker.args or (".*",)
        complaints = [
            text
            for text in complaints
            if not any(re.search(pattern, text) for pattern in patterns)
        ]
    if complaints:
        pytest.fail("The browser complains:\n" + "\n".join(complaints), pytrace=False)


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def sign_in(
    context: BrowserContext, live_server: LiveServer
) -> Callable[[AbstractBaseUser], None]:
    def sign_in(person: AbstractBaseUser) -> None:
        client = Client()
        client.force_login(person)
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value}
        context.add_cookies([{**cookie, "url": live_server.url, "httpOnly": True}])

    return sign_in


@pytest.fixture
def signed_in_page(page: Page, sign_in, admin_user) -> Page:
    """A page of a superadmin; `admin_user` is pytest-django's."""
    sign_in(admin_user)
    return page


@pytest.fixture
def assert_accessible() -> Callable[[Page], None]:
    def assert_accessible(page: Page) -> None:
        results = Axe().run(page)
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


def _listen(context: BrowserContext, own_address: str) -> list[str]:
    complaints: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            complaints.append(f"{message.text} ({message.location.get('url')})")

    def on_request(request: Request) -> None:
        if not request.url.startswith((own_address, *OWN_SCHEMES)):
            complaints.append(f"Asks another server: {request.url}")

    context.on("console", on_console)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("request", on_request)
    return complaints
