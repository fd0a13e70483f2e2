from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from config import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("settings/", admin.site.urls),
    path("api", include(("apikeys.api.urls", "api"))),
]
