from __future__ import annotations

from collections.abc import Iterator

import pytest

from apikeys.keys.cache import keyring
from apikeys.plugin_tokens.cache import token_ring


@pytest.fixture(autouse=True)
def fresh_process(settings) -> Iterator[None]:
    """Each journey starts as a new process: a rolled back epoch repeats its numbers."""
    settings.LAST_USE_FLUSH_SECONDS = 0  # no timer that outlives its test
    keyring.forget()
    token_ring.forget()
    yield
    keyring.forget()
    token_ring.forget()
