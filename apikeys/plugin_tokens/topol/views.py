"""`/api/api-tokens`: plugin tokens on demand, in the shapes of Topol's API.

A client of the original works by changing its base URL. Posting a name that
exists replaces that token's value and domains.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apikeys.api.authentication import KeyAuthentication
from apikeys.plugin_tokens import services
from apikeys.plugin_tokens.models import PluginToken
from apikeys.plugin_tokens.services import UnknownPluginToken
from apikeys.plugin_tokens.topol import examples
from apikeys.plugin_tokens.topol.authentication import (
    Caller,
    MayReachPluginTokens,
    PluginTokenAuthentication,
    caller_of,
)
from apikeys.plugin_tokens.topol.errors import SmallBodies, TopolErrors
from apikeys.plugin_tokens.topol.serializers import (
    DomainsBodySerializer,
    InvalidSerializer,
    MessageSerializer,
    NewTokenSerializer,
    PutTokenDataSerializer,
    SuccessSerializer,
    TokenDataSerializer,
    TokenListSerializer,
    shown,
)

PAGE_SIZE = 100

_TAG = "Plugin tokens"

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# Microseconds since 1970 and the ID. So many digits end in the year 4253, so that
# every text of this form is a place in the list.
_CURSOR = re.compile(r"([0-9a-f]{14})([0-9a-f]{32})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_ERRORS = {
    status: OpenApiResponse(
        MessageSerializer,
        description=description,
        examples=examples.message(status),
    )
    for status, description in {
        400: "The request cannot be understood.",
        401: "No credentials, or credentials that are not valid now.",
        403: "The credentials do not allow this call.",
        503: "The credentials cannot be checked now.",
    }.items()
}
_UNKNOWN = {
    404: OpenApiResponse(
        MessageSerializer,
        description="No such token for this caller.",
        examples=examples.message(404),
    )
}
_BODY_ERRORS = {
    413: OpenApiResponse(
        MessageSerializer,
        description="The body is too large.",
        examples=examples.message(413),
    ),
    415: OpenApiResponse(
        MessageSerializer,
        description="Neither JSON nor a form.",
        examples=examples.message(415),
    ),
    422: OpenApiResponse(
        InvalidSerializer,
        description="Some values do not fit.",
        examples=examples.INVALID,
    ),
}
_ID = OpenApiParameter(
    "token_id",
    OpenApiTypes.UUID,
    OpenApiParameter.PATH,
    description="The token's `id`.",
    examples=[OpenApiExample("token", examples.TOKEN_ID)],
)
_CURSOR_PARAMETER = OpenApiParameter(
    "cursor",
    {"type": "string", "pattern": r"^(?:[0-9a-f]{46})?$"},
    description="Asks for a page: empty for the first, then each answer's"
    " `next_cursor`. Without it the list is complete.",
)


class PluginTokenViewSet(TopolErrors, SmallBodies, ViewSet):
    """A location's credentials reach its own tokens, an agency's key all of them."""

    authentication_classes = [PluginTokenAuthentication, KeyAuthentication]
    permission_classes = [MayReachPluginTokens]
    # No OPTIONS: no browser calls this family from another site.
    http_method_names = ["get", "head", "post", "put", "patch", "delete", "trace"]

    @extend_schema(
        operation_id="list_plugin_tokens",
        tags=[_TAG],
        examples=[examples.answered({"data": [examples.TOKEN]})],
        summary="All plugin tokens that the caller reaches, the oldest first",
        parameters=[_CURSOR_PARAMETER],
        responses={200: TokenListSerializer, **_ERRORS, 422: _BODY_ERRORS[422]},
    )
    def list(self, request: Request) -> Response:
        caller = caller_of(request)
        tokens = PluginToken.objects.within(caller.scope).listed()
        cursor = request.query_params.get("cursor")
        if cursor is None:
            return Response({"data": [shown(token, caller.actor) for token in tokens]})
        page = list(tokens.filter(_after(cursor))[: PAGE_SIZE + 1])
        has_more = len(page) > PAGE_SIZE
        page = page[:PAGE_SIZE]
        return Response(
            {
                "data": [shown(token, caller.actor) for token in page],
                "next_cursor": _cursor_of(page[-1]) if has_more else None,
            }
        )

    @extend_schema(
        operation_id="read_plugin_token",
        tags=[_TAG],
        examples=[examples.answered({"data": examples.TOKEN})],
        summary="One plugin token",
        parameters=[_ID],
        responses={200: TokenDataSerializer, **_ERRORS, **_UNKNOWN},
    )
    def retrieve(self, request: Request, token_id: str) -> Response:
        caller = caller_of(request)
        tokens = PluginToken.objects.within(caller.scope)
        token = tokens.filter(public_id=_uuid(token_id)).first()
        if token is None:
            raise UnknownPluginToken
        return _data(token, caller)

    @extend_schema(
        operation_id="put_plugin_token",
        tags=[_TAG],
        examples=[
            examples.asked(examples.NEW_TOKEN),
            examples.answered({"data": examples.TOKEN}),
        ],
        summary="Create a plugin token, or replace the one of this name",
        request=NewTokenSerializer,
        responses={200: PutTokenDataSerializer, **_ERRORS, **_BODY_ERRORS},
    )
    def create(self, request: Request) -> Response:
        body = NewTokenSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        caller = caller_of(request)
        issued = services.issue_plugin_token(
            **body.validated_data,
            location_id=caller.location_id,
            actor=caller.actor,
            at=timezone.now(),
        )
        return _data(
            issued.token, caller, **({"replaced": True} if issued.replaced else {})
        )

    @extend_schema(
        operation_id="delete_plugin_token",
        tags=[_TAG],
        examples=[examples.answered({"success": True})],
        summary="Delete a plugin token",
        parameters=[_ID],
        responses={200: SuccessSerializer, **_ERRORS, **_UNKNOWN},
    )
    def destroy(self, request: Request, token_id: str) -> Response:
        caller = caller_of(request)
        services.delete_plugin_token(
            _uuid(token_id),
            scope=caller.scope,
            actor=caller.actor,
            at=timezone.now(),
        )
        return Response({"success": True})

    @extend_schema(
        operation_id="add_plugin_token_domains",
        tags=[_TAG],
        examples=[
            examples.asked(examples.ADDED),
            examples.with_domains("example.com,localhost:3000,shop.example.com"),
        ],
        summary="Let further domains in",
        parameters=[_ID],
        request=DomainsBodySerializer,
        responses={200: TokenDataSerializer, **_ERRORS, **_UNKNOWN, **_BODY_ERRORS},
    )
    def add_domains(self, request: Request, token_id: str) -> Response:
        return self._change(services.add_domains, request, token_id)

    @extend_schema(
        operation_id="delete_plugin_token_domains",
        tags=[_TAG],
        examples=[
            examples.asked(examples.REMOVED),
            examples.with_domains("example.com,shop.example.com"),
        ],
        summary="Shut domains out",
        parameters=[_ID],
        request=DomainsBodySerializer,
        responses={200: TokenDataSerializer, **_ERRORS, **_UNKNOWN, **_BODY_ERRORS},
    )
    def delete_domains(self, request: Request, token_id: str) -> Response:
        return self._change(services.remove_domains, request, token_id)

    def _change(self, service: Any, request: Request, token_id: str) -> Response:
        body = DomainsBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        caller = caller_of(request)
        token = service(
            _uuid(token_id),
            **body.validated_data,
            scope=caller.scope,
            actor=caller.actor,
            at=timezone.now(),
        )
        return _data(token, caller)


def _data(token: PluginToken, caller: Caller, **extra: bool) -> Response:
    return Response(
        {"data": shown(token, caller.actor), **extra}, status=HTTPStatus.OK.value
    )


def _uuid(text: str) -> UUID:
    # `UUID` alone takes braces, prefixes and missing hyphens as well.
    if not _UUID.fullmatch(text):
        raise UnknownPluginToken
    return UUID(text)


def _cursor_of(token: PluginToken) -> str:
    microseconds = (token.created_at - _EPOCH) // _MICROSECOND
    return f"{microseconds:014x}{token.public_id.hex}"


def _after(cursor: str) -> Q:
    if not cursor:
        return Q()
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise ValidationError({"cursor": ["This is no cursor of this list."]})
    created_at = _EPOCH + int(found[1], 16) * _MICROSECOND
    return Q(created_at__gt=created_at) | Q(
        created_at=created_at, public_id__gt=UUID(found[2])
    )
