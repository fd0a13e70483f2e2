"""Endpoints that tell what of a request reaches them; only for tests."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import admin
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.urls import include, path
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from apikeys.api.authentication import calling_key
from apikeys.api.problems import ProblemErrors
from apikeys.counting.tries import TooManyTries
from apikeys.keys.routes import declare
from config import urls as config_urls


class EchoView(ProblemErrors, APIView):
    def _echo(self, request: Request) -> Response:
        inner = request._request
        return Response(
            {
                "query": dict(request.query_params.lists()),
                "query_string": request.META["QUERY_STRING"],
                "django_get": dict(inner.GET.lists()),
                "url": inner.get_full_path(),
                "data": _plain(request.data),
                "django_post": _plain(inner.POST) if inner.method == "POST" else {},
                "files": {
                    name: file.read().decode() for name, file in request.FILES.items()
                },
                "key": calling_key(request).grant.key_id,
                "caller": str(request.user),
            }
        )

    get = post = put = patch = delete = _echo


class BusyThrottle(BaseThrottle):
    def allow_request(self, request, view):
        return False

    def wait(self):
        return 4.2


class BusyView(EchoView):
    throttle_classes = [BusyThrottle]


class RaisingView(ProblemErrors, APIView):
    def get(self, request: Request, what: str) -> Response:
        raise {
            "invalid": exceptions.ValidationError({"name": ["Too long."]}),
            "absent": Http404(),
            "denied": exceptions.PermissionDenied("Not yours."),
            "bug": ZeroDivisionError("division by zero"),
            "tries": TooManyTries(timedelta(seconds=41.2)),
        }[what]


class PasswordView(ProblemErrors, APIView):
    """Needs a password hash, as a family with passwords of its own does."""

    def get(self, request: Request) -> Response:
        return Response({"is_right": check_password("x", make_password("x"))})


class OpenView(ProblemErrors, APIView):
    """No key is asked for, which a view must never do by mistake."""

    authentication_classes = []
    permission_classes = []

    def get(self, request: Request) -> Response:
        request.user = AnonymousUser()
        calling_key(request)
        return Response()


def _plain(data):
    return dict(data.lists()) if hasattr(data, "lists") else data


GUARDED = {"GET": "apikeys.view_auditentry", "POST": "apikeys.manage_apis"}

urlpatterns = [
    path("api/egress/echo", EchoView.as_view()),
    path("api/egress/guarded", declare(EchoView.as_view(), GUARDED)),
    path("api/egress/busy", BusyView.as_view()),
    path("api/egress/raise/<what>", RaisingView.as_view()),
    path("api/egress/password", PasswordView.as_view()),
    path("api/egress/open", OpenView.as_view()),
    path("api", include(("apikeys.urls", "api"))),
    config_urls.urlpatterns[-1],  # the catch-all
    # The pages of Django's own errors lead there.
    path("settings/", admin.site.urls),
]
