from __future__ import annotations

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from apikeys.caching.fingerprints import fingerprint

# Not what a text may hold in UTF-8, yet what JSON can make of it.
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT, ANY_TEXT)
def test_texts_have_the_same_fingerprint_only_if_they_are_the_same(one, other):
    assert (fingerprint(one) == fingerprint(other)) is (one == other)


def test_fingerprint_of_a_text_stays_the_same():
    assert fingerprint("a secret") == fingerprint("a secret")


def test_fingerprint_means_nothing_to_another_process():
    program = "from apikeys.caching.fingerprints import fingerprint; print(fingerprint('a secret').hex())"

    def elsewhere() -> str:
        command = [sys.executable, "-c", program]
        return subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout.strip()

    fingerprints = {elsewhere(), elsewhere(), fingerprint("a secret").hex()}

    assert len(fingerprints) == 3
    assert {len(found) for found in fingerprints} == {64}
