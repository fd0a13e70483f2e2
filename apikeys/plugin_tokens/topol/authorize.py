"""`/api/plugin/authorize`: may the page that loads the editor use this plugin token?

Asked by a browser on somebody's page. The answer names the page's own origin in
its CORS headers or has none, so no other page can read it. Outside a browser
`Origin` is whatever the caller writes: this proves nothing to a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apikeys.access import refusals
from apikeys.access.authorization import bearer
from apikeys.access.refusals import Refusal
from apikeys.api.authentication import refused
from apikeys.api.families import FamilyErrors
from apikeys.app_settings import app_settings
from apikeys.caching.reader import StateUnknown
from apikeys.plugin_tokens.cache import KnownToken, plugin_token_cache
from apikeys.plugin_tokens.last_use import plugin_token_last_use
from apikeys.plugin_tokens.rules import (
    TOKEN_INVALID,
    TOKEN_MISSING,
    TOKENS_AMBIGUOUS,
    allowed_site,
)
from apikeys.plugin_tokens.topol import examples
from apikeys.plugin_tokens.topol.errors import SmallBodies

_PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type, Authorization",
    # Chromium forgets after two hours whatever is said here.
    "Access-Control-Max-Age": "7200",
}


class AuthorizeBodySerializer(serializers.Serializer[object]):
    token = serializers.CharField(
        required=False, help_text="The plugin token, unless it is sent as a bearer."
    )


class AllowedSerializer(serializers.Serializer[object]):
    allowed = serializers.ChoiceField([True])
    token_id = serializers.UUIDField()
    name = serializers.CharField()


class NotAllowedSerializer(serializers.Serializer[object]):
    allowed = serializers.ChoiceField([False])
    code = serializers.CharField()


_REFUSALS = {
    status: OpenApiResponse(
        NotAllowedSerializer,
        description=description,
        examples=examples.not_allowed(status),
    )
    for status, description in {
        400: "The request cannot be understood.",
        403: "No valid token, or the page is on none of its domains.",
        413: "The body is too large.",
        415: "Neither JSON nor a form.",
        503: "The token cannot be checked now.",
    }.items()
}


class AuthorizeView(FamilyErrors, SmallBodies):
    """Asked by a browser; the answer is for pages on the token's domains alone."""

    # The token is asked for below; it is no credential of a caller.
    authentication_classes = []
    permission_classes = [AllowAny]

    def shape(
        self, error: exceptions.APIException, headers: Mapping[str, str]
    ) -> Response:
        return Response(
            {"allowed": False, "code": error.get_codes()},
            status=error.status_code,
            headers=dict(headers),
        )

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Vary"] = "Origin"
        return response

    def options(
        self, request: HttpRequest | Request, *args: Any, **kwargs: Any
    ) -> Response:
        """Answer a preflight, which carries no token, for every origin."""
        return Response(status=HTTPStatus.NO_CONTENT.value, headers=_PREFLIGHT)

    @extend_schema(
        operation_id="authorize_plugin",
        tags=["Plugin tokens"],
        examples=[
            examples.asked(examples.AUTHORIZE),
            examples.answered(examples.ALLOWED),
        ],
        summary="May the page with this origin use the plugin token?",
        request=AuthorizeBodySerializer,
        responses={200: AllowedSerializer, **_REFUSALS},
    )
    def post(self, request: Request) -> Response:
        if app_settings.SECURE_SSL_REDIRECT and not request.is_secure():
            raise refused(request._request, refusals.HTTPS_REQUIRED)
        token = _token(request._request, _presented(request))
        site = allowed_site(
            token.domains,
            request.META.get("HTTP_ORIGIN"),
            request.META.get("HTTP_REFERER"),
        )
        if isinstance(site, Refusal):
            raise refused(request._request, site, str(token.public_id))
        plugin_token_last_use.record_use(token, None, timezone.now())
        return Response(
            {"allowed": True, "token_id": str(token.public_id), "name": token.name},
            headers={"Access-Control-Allow-Origin": site.text},
        )


def _presented(request: Request) -> str:
    """Return the one token that the call carries, in its body or as a bearer."""
    body = request.data
    in_body = body.get("token") if isinstance(body, Mapping) else None
    in_header = bearer(request.META.get("HTTP_AUTHORIZATION"))
    texts = [text for text in (in_body, in_header) if text]
    if not texts:
        raise refused(request._request, TOKEN_MISSING)
    if texts[0] != texts[-1]:
        raise refused(request._request, TOKENS_AMBIGUOUS)
    return texts[0] if isinstance(texts[0], str) else ""


def _token(request: HttpRequest, text: str) -> KnownToken:
    try:
        token = plugin_token_cache.find(text)
    except StateUnknown:
        raise refused(request, refusals.STATE_UNKNOWN) from None
    if token is None:
        raise refused(request, TOKEN_INVALID)
    return token
