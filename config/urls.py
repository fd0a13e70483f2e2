from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from apikeys.api.views import NoSuchEndpointView
from apikeys.keys.routes import CATCH_ALL, declare
from config import health

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("settings/", admin.site.urls),
    path("api", include(("apikeys.urls", "api"))),
    # Last: what is no endpoint of any app, so that a key's rules hold there too.
    re_path(
        r"^api(?:/[\s\S]*)?$",
        declare(NoSuchEndpointView.as_view(), CATCH_ALL),
        name="no-such-endpoint",
    ),
]
