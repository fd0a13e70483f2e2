from __future__ import annotations

from django.urls import include, path

from apikeys.keys.routes import declare
from bench import views

# What others guard by their own means needs nothing of ours.
_ANY_KEY = {"GET": None}

urlpatterns = [
    path("plain", views.plain),
    path("api/egress/open", declare(views.Open.as_view(), _ANY_KEY)),
    path("api/egress/bench", declare(views.WithKey.as_view(), _ANY_KEY)),
    path("drf-token", declare(views.WithToken.as_view(), _ANY_KEY)),
    path("knox", declare(views.WithKnox.as_view(), _ANY_KEY)),
    path("api-key", declare(views.WithApiKey.as_view(), _ANY_KEY)),
    path("api", include(("apikeys.urls", "api"))),
]
