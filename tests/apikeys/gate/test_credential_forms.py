"""Forms of a credential that are not quite one: each is refused, and none is repeated."""

from __future__ import annotations

from base64 import b64encode

import pytest

from apikeys.access import tokens
from tests.apikeys.gate.asking import bearer
from tests.factories import IssuedFactory

pytestmark = pytest.mark.django_db


def _basic(text: str) -> str:
    return f"Basic {b64encode(text.encode()).decode()}"


def _manglings(text: str) -> list[str]:
    """Texts that are near to a token and are none."""
    other = "0" if text[-1] != "0" else "1"
    return [
        text[:-1],
        text[1:],
        f"{text}{other}",
        f"{text[:-1]}{other}",
        text.upper(),
        text.lower(),
        text.swapcase(),
        text.replace("_", "-"),
        text.replace("kd_", "kp_", 1),
        text.replace("kd_", "", 1),
        f"kd_{text}",
        text * 2,
        f"{text},{text}",
        f"{text};",
        f"{text}\x00",
        f"{text}\x00x",
        f"{text}%00",
        f"{text}\t{text}",
        text[::-1],
        text.rpartition("_")[0],
        text.rpartition("_")[2],
        text.replace(text[5], "\uff21".encode().decode("latin-1"), 1),
        "null",
        "undefined",
        "*",
        "%",
        "' OR 1=1 --",
        "",
    ]


def _forms(text: str) -> list[dict[str, str]]:
    forms: list[dict[str, str]] = []
    for mangled in _manglings(text):
        forms += [
            {"HTTP_AUTHORIZATION": f"Bearer {mangled}"},
            {"HTTP_AUTHORIZATION": _basic(f"{mangled}:")},
            {"HTTP_X_API_KEY": mangled},
        ]
    forms += [
        {"HTTP_AUTHORIZATION": scheme}
        for scheme in (
            "Bearer",
            "Bearer ",
            "Basic",
            "Basic =",
            "Basic !",
            f"Digest {text}",
        )
    ]
    return forms


def test_no_form_that_is_near_to_a_token_passes(ask, issued):
    forms = _forms(issued.token.text)
    secret = issued.token.secret

    answers = [ask(**form) for form in forms]

    passed = [
        form
        for form, answer in zip(forms, answers, strict=True)
        if answer.status not in (400, 401, 403)
    ]
    assert len(forms) > 74
    assert passed == []
    assert not [
        form
        for form, answer in zip(forms, answers, strict=True)
        if secret in answer.body.decode() or secret in str(answer.headers)
    ]


def test_secret_of_one_key_does_not_open_another(ask, issued):
    other = IssuedFactory().token
    mixed = f"{issued.token.public_id}_{other.secret}"
    forms = [
        {"HTTP_AUTHORIZATION": f"Bearer {mixed}"},
        {"HTTP_AUTHORIZATION": _basic(f"{issued.token.public_id}:{other.secret}")},
        {
            "HTTP_X_API_ID": issued.token.public_id,
            "HTTP_X_API_KEY": other.secret,
        },
        {"HTTP_X_API_ID": issued.token.public_id, "HTTP_X_API_KEY": other.text},
        bearer(issued) | {"HTTP_X_API_KEY": other.text},
        {
            "HTTP_AUTHORIZATION": "Bearer "
            + tokens.with_new_secret(issued.token.public_id).text
        },
    ]

    assert {ask(**form).status for form in forms} <= {400, 401, 403}
