"""The product's routes and one more that needs a permission which no key's role holds."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path

from apikeys.keys.routes import declare
from config import urls


def answer(request):
    return HttpResponse()


urlpatterns = [
    path("api/egress/secrets", declare(answer, {"GET": "apikeys.view_person"})),
    *urls.urlpatterns,
]
