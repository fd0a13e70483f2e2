"""One trivial view, behind each way to authenticate as its documentation sets it up."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from knox.auth import TokenAuthentication as KnoxAuthentication
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_api_key.permissions import HasAPIKey

from apikeys.api.authentication import KeyAuthentication
from apikeys.api.permissions import IsKey
from apikeys.api.problems import ProblemErrors


def plain(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"ok": True})


class Trivial(APIView):
    def get(self, request: Request) -> Response:
        return Response({"ok": True})


class Open(Trivial):
    authentication_classes = []
    permission_classes = [AllowAny]


class WithKey(ProblemErrors, Trivial):
    authentication_classes = [KeyAuthentication]
    permission_classes = [IsKey]


class WithToken(Trivial):
    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated]


class WithKnox(Trivial):
    authentication_classes = [KnoxAuthentication]
    permission_classes = [IsAuthenticated]


class WithApiKey(Trivial):
    authentication_classes = []
    permission_classes = [HasAPIKey]
