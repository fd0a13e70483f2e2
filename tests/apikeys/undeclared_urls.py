"""The product's routes and two that the start must refuse."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path

from apikeys.keys.routes import declare
from config import urls


def answer(request, **kwargs):
    return HttpResponse()


def answer_below(request, **kwargs):
    return HttpResponse()


urlpatterns = [
    path("webservice/SMS/Reports", answer),
    path("api/egress/<path:rest>", declare(answer_below, {"GET": None})),
    *urls.urlpatterns,
]
