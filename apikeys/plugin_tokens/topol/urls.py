from __future__ import annotations

from apikeys.api.routes import endpoint
from apikeys.organization.roles import (
    ADD_TOKENS,
    CHANGE_TOKENS,
    DELETE_TOKENS,
    VIEW_TOKENS,
)
from apikeys.plugin_tokens.topol.authorize import AuthorizeView
from apikeys.plugin_tokens.topol.views import PluginTokenViewSet

_TOKEN = "/api-tokens/<str:token_id>"  # noqa: S105 - a route

urlpatterns = [
    *endpoint(
        "/api-tokens",
        PluginTokenViewSet,
        needs={"GET": VIEW_TOKENS, "POST": ADD_TOKENS},
        name="api-tokens",
        actions={"get": "list", "post": "create"},
    ),
    *endpoint(
        _TOKEN,
        PluginTokenViewSet,
        needs={"GET": VIEW_TOKENS, "DELETE": DELETE_TOKENS},
        name="api-tokens-token",
        actions={"get": "retrieve", "delete": "destroy"},
    ),
    *endpoint(
        f"{_TOKEN}/add-domains",
        PluginTokenViewSet,
        needs={"POST": CHANGE_TOKENS},
        name="api-tokens-token-add-domains",
        actions={"post": "add_domains"},
    ),
    *endpoint(
        f"{_TOKEN}/delete-domains",
        PluginTokenViewSet,
        needs={"POST": CHANGE_TOKENS},
        name="api-tokens-token-delete-domains",
        actions={"post": "delete_domains"},
    ),
    # Asked with a plugin token by somebody's page: no key is wanted there.
    *endpoint(
        "/plugin/authorize",
        AuthorizeView,
        needs={"POST": None, "OPTIONS": None},
        name="plugin-authorize",
    ),
]
