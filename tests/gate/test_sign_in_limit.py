"""docs/gate/nginx.conf bounds how often one address may try to sign in."""

from __future__ import annotations

import pytest

from tests.gate.stack import guarded

SETTINGS, SIGN_IN = "settings.example.com", "/settings/login/"


@pytest.fixture(scope="module")
def stack(folder):
    with guarded(folder) as stack:
        yield stack


def test_sign_ins_of_one_address_are_bounded_and_nothing_else_is(stack):
    def ask(method):
        return stack.ask(SIGN_IN, method=method, body=b"", host=SETTINGS).status

    # No cookie, so the product refuses each before any hash.
    tries = [ask("POST") for _ in range(25)]
    reads = {ask("GET") for _ in range(25)}

    assert set(tries) == {403, 429}
    assert tries[:10] == [403] * 10
    assert 429 not in reads
