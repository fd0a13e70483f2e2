"""Every path under /api, with and without a trailing slash.

The last one catches what is no endpoint, so that a key's rules hold there too.
"""

from __future__ import annotations

from django.urls import path, re_path

from apikeys.api import views

_endpoints = {
    "whoami": (views.WhoamiView, {}),
    "explain": (views.ExplainView, {}),
    "schema": (views.SchemaView, {}),
    "docs": (views.DocsView, {"url_name": "api:schema"}),
}

urlpatterns = [
    *(
        path(f"/{name}", view.as_view(**arguments), name=name)
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
