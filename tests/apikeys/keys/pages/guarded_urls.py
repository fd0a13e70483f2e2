"""The product's routes and one more that needs a permission which no key's role holds."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path

from apikeys.keys.routes import declare
from config import urls


def answer(request):
    return HttpResponse()


def answer_one(request, number):
    return HttpResponse()


def answer_newest(request):
    return HttpResponse()


NUMBERED = {"GET": "apikeys.view_person"}

urlpatterns = [
    path("api/egress/numbered/<int:number>", declare(answer_one, NUMBERED)),
    path("api/egress/numbered/newest", declare(answer_newest, {"GET": None})),
    path("api/egress/secrets", declare(answer, {"GET": "apikeys.view_person"})),
    *urls.urlpatterns,
]
