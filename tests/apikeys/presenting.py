"""Ways to send a credential, right and wrong, as headers of one token."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

from apikeys.access.tokens import Token

Headers = dict[str, str]

_WANTED = "Send 'Authorization: Bearer <token>', or HTTP Basic."


def basic(text: str | bytes) -> Headers:
    """Return what `curl -u` sends for the text."""
    data = text.encode() if isinstance(text, str) else text
    return {"Authorization": f"Basic {b64encode(data).decode()}"}


WAYS: dict[str, Callable[[Token], Headers]] = {
    "token-alone-in-x": lambda token: {"X-Api-Key": token.text},
    "token-alone-in-tld": lambda token: {"tld-api-key": token.text},
    "token-beside-its-id": lambda token: {
        "X-Api-Id": token.public_id,
        "X-Api-Key": token.text,
    },
    "token-beside-an-empty-id": lambda token: {"X-Api-Id": "", "X-Api-Key": token.text},
    "basic-token-as-user": lambda token: basic(f"{token.text}:"),
    "basic-id-and-secret": lambda token: basic(f"{token.public_id}:{token.secret}"),
    "basic-id-and-token": lambda token: basic(f"{token.public_id}:{token.text}"),
    "basic-and-header-the-same": lambda token: {
        **basic(f"{token.text}:"),
        "X-Api-Key": token.text,
    },
    "beside-empty-headers": lambda token: {
        "Authorization": f"Bearer {token.text}",
        "X-Api-Id": "",
        "X-Api-Key": " ",
    },
}

FAULTS: dict[str, Callable[[Token], tuple[Headers, str]]] = {
    "no-scheme": lambda token: (
        {"Authorization": token.text},
        f"Bearer is missing before the token. {_WANTED}",
    ),
    "known-scheme": lambda token: (
        {"Authorization": f"Token {token.text}"},
        f"Authorization carries the scheme Token. {_WANTED}",
    ),
    "unknown-scheme": lambda token: (
        {"Authorization": f"Acme {token.text}"},
        f"Authorization carries another scheme. {_WANTED}",
    ),
    "quoted": lambda token: (
        {"Authorization": f'Bearer "{token.text}"'},
        "There are quotation marks around the token or in it. Send it without them.",
    ),
    "byte-order-mark-as-wsgi-has-it": lambda token: (
        {"X-Api-Key": f"\xef\xbb\xbf{token.text}"},
        "There is a byte-order mark before the token or in it. Send the token"
        " without it.",
    ),
    "basic-without-a-colon": lambda token: (
        basic(token.text),
        "What follows Basic has no colon between user name and password once its"
        " Base64 is decoded.",
    ),
    "basic-of-somebody-else": lambda token: (
        basic("Billing:password"),
        "Basic carries no API key. Its user name must be the key's ID, with the secret"
        " as the password, or the whole token, with an empty password.",
    ),
    "token-beside-a-cut-id": lambda token: (
        {"X-Api-Id": token.public_id[:-1], "X-Api-Key": token.text},
        "The ID and the token beside it do not belong together. Send the token alone.",
    ),
    "id-alone": lambda token: (
        {"X-Api-Id": token.public_id, "X-Api-Key": ""},
        "Only the ID of an ID and key pair was sent. Send the key beside it.",
    ),
}
