"""Our own endpoints: what a key asks about itself, and the description of the API."""

from __future__ import annotations

from apikeys.api import views
from apikeys.api.routes import endpoint

_ANY_KEY = {"GET": None, "OPTIONS": None}

urlpatterns = [
    *endpoint("/whoami", views.WhoamiView, needs=_ANY_KEY, name="whoami"),
    *endpoint("/explain", views.ExplainView, needs=_ANY_KEY, name="explain"),
    *endpoint("/schema", views.SchemaView, needs=_ANY_KEY, name="schema"),
    *endpoint("/docs", views.DocsView, needs=_ANY_KEY, name="docs"),
]
