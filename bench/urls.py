from __future__ import annotations

from django.urls import include, path

from bench import views

urlpatterns = [
    path("plain", views.plain),
    path("api/egress/open", views.Open.as_view()),
    path("api/egress/bench", views.WithKey.as_view()),
    path("drf-token", views.WithToken.as_view()),
    path("knox", views.WithKnox.as_view()),
    path("api-key", views.WithApiKey.as_view()),
    path("api", include(("apikeys.urls", "api"))),
]
