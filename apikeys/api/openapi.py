"""How the OpenAPI document describes our credentials."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its metaclass
    target_class = "apikeys.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "The whole token of an API key. These do as well:"
            " HTTP Basic with the key's ID as user name and its secret as password, or"
            " with the token as user name and an empty password; the ID and the secret"
            " in a pair of headers; the token alone in the second header of a pair.",
        }
