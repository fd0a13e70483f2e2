"""How the OpenAPI document describes plugin tokens as credentials."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class PluginTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its metaclass
    target_class = (
        "apikeys.plugin_tokens.topol.authentication.PluginTokenAuthentication"
    )
    name = "pluginToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": 'A plugin token marked "may manage tokens", from a server.',
        }
