"""Every path under /api, with and without a trailing slash.

The last one catches what is no endpoint, so that a key's rules hold there too.
"""

from __future__ import annotations

from typing import Any

from django.urls import path, re_path

from apikeys.api import views
from apikeys.plugin_tokens.topol.authorize import AuthorizeView
from apikeys.plugin_tokens.topol.views import PluginTokenViewSet

_endpoints: dict[str, tuple[Any, dict[str, Any]]] = {
    "whoami": (views.WhoamiView, {}),
    "explain": (views.ExplainView, {}),
    "schema": (views.SchemaView, {}),
    "docs": (views.DocsView, {"url_name": "api:schema"}),
    "plugin/authorize": (AuthorizeView, {}),
    **{
        f"api-tokens{rest}": (PluginTokenViewSet, {"actions": actions})
        for rest, actions in {
            "": {"get": "list", "post": "create"},
            "/<str:token_id>": {"get": "retrieve", "delete": "destroy"},
            "/<str:token_id>/add-domains": {"post": "add_domains"},
            "/<str:token_id>/delete-domains": {"post": "delete_domains"},
        }.items()
    },
}


def _name(route: str) -> str:
    return route.replace("<str:token_id>", "token").replace("/", "-")


urlpatterns = [
    *(
        path(f"/{name}", view.as_view(**arguments), name=_name(name))
        for name, (view, arguments) in _endpoints.items()
    ),
    # The twin with a slash is the same endpoint and stands in no document.
    *(
        path(f"/{name}/", view.as_view(**arguments, schema=None))
        for name, (view, arguments) in _endpoints.items()
    ),
    re_path(
        r"^(?:/[\s\S]*)?$", views.NoSuchEndpointView.as_view(), name="no-such-endpoint"
    ),
]
