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
            "description": "The whole token of an API key. It may also stand alone in"
            " X-Api-Key, or as the user name of HTTP Basic with no password; ID and"
            " secret may stand in a pair of headers or in HTTP Basic.",
        }
