"""Who calls, and whether the rules let the call pass.

All rules are asked here and not in permission classes, so that no route can forget
one and this entrance decides as the gate does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import APIException, MethodNotAllowed
from rest_framework.request import Request

from apikeys.access import credentials, parameters, refusals
from apikeys.access.paths import normal_path
from apikeys.access.refusals import Refusal
from apikeys.api.families import Refused
from apikeys.app_settings import app_settings
from apikeys.keys.authorize import authorize
from apikeys.keys.verification import VerifiedKey
from apikeys.pages.people import may_look, request_address


@dataclass(slots=True)
class CallingKey:
    """`request.user` of a call with a key. `request.auth` is its `VerifiedKey`."""

    key_id: str
    name: str
    is_authenticated = True
    is_active = True

    def __str__(self) -> str:
        return self.name


class KeyAuthentication(BaseAuthentication):
    """A key in the places of our own family.

    A wire family with other places overrides `find`; everything else is the same.
    """

    def find(self, request: HttpRequest) -> credentials.PresentedCredential | Refusal:
        """Return the one credential of a call, or why there is not exactly one."""
        return find_key(request, request.META.get("HTTP_AUTHORIZATION"))

    def authenticate(self, request: Request) -> tuple[CallingKey, VerifiedKey] | None:
        # Django's own request: DRF's wrapper takes its time over each attribute.
        inner = request._request
        presented = self.find(inner)
        if presented is refusals.CREDENTIALS_MISSING:
            return None
        if isinstance(presented, Refusal):
            raise Refused(presented)
        if app_settings.SECURE_SSL_REDIRECT and not inner.is_secure():
            raise Refused(refusals.HTTPS_REQUIRED)
        verified = authorize(
            presented,
            method=inner.method or "",
            path=normal_path(inner.path_info),
            address=request_address(inner),
            at=datetime.now(UTC),
        )
        if isinstance(verified, Refusal):
            raise _as_error(verified, inner)
        if presented.in_parameters:
            _remove_from_query(request)
        return CallingKey(verified.grant.key_id, verified.grant.name), verified

    def authenticate_header(self, request: Request) -> str:
        return refusals.CHALLENGE


class StaffAuthentication(SessionAuthentication):
    """A signed-in person who may see the Settings section."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        signed_in = super().authenticate(request)
        if signed_in is None:
            return None
        may_see = may_look(request._request, "apikeys.view_apikey")
        return signed_in if signed_in[0].is_staff and may_see else None


def _as_error(refusal: Refusal, request: HttpRequest) -> APIException:
    # DRF's own, which each family shapes as it does for a view without the method.
    if refusal.code == refusals.METHOD_NOT_ALLOWED.code:
        return MethodNotAllowed(request.method or "")
    return Refused(refusal)


def find_key(
    request: HttpRequest, authorization: str | None
) -> credentials.PresentedCredential | Refusal:
    """Return the one key that a call presents, or why there is not exactly one."""
    meta, carriers = request.META, []
    if meta.get("QUERY_STRING"):
        carriers.append(parameters.query_parameters(meta["QUERY_STRING"]))
    if meta.get("CONTENT_LENGTH"):
        carriers.append(_body_parameters(request))
    return credentials.find(authorization, meta, app_settings.key_headers, *carriers)


def calling_key(request: Request) -> VerifiedKey:
    """Return what was verified of the key that makes this call."""
    if not isinstance(request.auth, VerifiedKey):
        raise TypeError("The call was not authenticated with a key.")
    return request.auth


def _body_parameters(request: HttpRequest) -> list[parameters.Pair]:
    """Return credential parameters of a form or JSON body of at most 64 kB."""
    length = request.META["CONTENT_LENGTH"]
    if not length.isdecimal() or not 0 < int(length) <= parameters.MAX_BODY_BYTES:
        return []
    try:
        body = request.body
    except (RequestDataTooBig, OSError):
        return []
    if request.content_type == "application/json":
        return parameters.json_parameters(body)
    if request.content_type == "application/x-www-form-urlencoded":
        return parameters.query_parameters(body.decode("utf-8", "replace"))
    if request.content_type == "multipart/form-data":
        return _multipart_parameters(request, body)
    return []


def _multipart_parameters(request: HttpRequest, body: bytes) -> list[parameters.Pair]:
    try:
        fields, _ = MultiPartParser(
            request.META, BytesIO(body), request.upload_handlers
        ).parse()
    except (MultiPartParserError, UnicodeError):
        return []
    return [
        (name, str(value))
        for pair in parameters.PARAMETER_PAIRS
        for name in pair
        for value in fields.getlist(name)
    ]


def _remove_from_query(request: Request) -> None:
    """Take credentials out of the query, so that no link or filter repeats them."""
    names = parameters.names_to_remove(request.query_params)
    if not names:
        return
    cleaned = request.query_params.copy()
    for name in names:
        del cleaned[name]
    inner = request._request
    inner.META["QUERY_STRING"] = cleaned.urlencode()
    inner.GET = QueryDict(inner.META["QUERY_STRING"])
