"""Every endpoint of this app under /api; `config.urls` mounts the catch-all after all apps."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("apikeys.api.urls")),
    path("", include("apikeys.plugin_tokens.topol.urls")),
]
