"""Who calls, and whether the rules let the call pass.

All rules are asked here and not in permission classes, so that no route can forget
one and this entrance decides as the gate does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, QueryDict
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import APIException, MethodNotAllowed
from rest_framework.request import Request

from apikeys.access import credentials, parameters, refusals
from apikeys.access.paths import normal_path
from apikeys.access.refusals import Refusal
from apikeys.api import bodies
from apikeys.api.families import Refused, log_refusal
from apikeys.app_settings import app_settings
from apikeys.keys.authorize import authorize
from apikeys.keys.refused_calls import named_key
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
            raise refused(inner, presented)
        if app_settings.SECURE_SSL_REDIRECT and not inner.is_secure():
            raise refused(inner, refusals.HTTPS_REQUIRED, named_key(presented))
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


class KeyBesideProxy(KeyAuthentication):
    """For pages of people: what a proxy in front asks them for is no failed key."""

    def authenticate(self, request: Request) -> tuple[CallingKey, VerifiedKey] | None:
        inner = request._request
        if (
            credentials.is_of_a_proxy(inner.META.get("HTTP_AUTHORIZATION"))
            and find_key(inner, None) is refusals.CREDENTIALS_MISSING
        ):
            return None
        return super().authenticate(request)


class StaffAuthentication(SessionAuthentication):
    """A signed-in person who may see the Settings section."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        signed_in = super().authenticate(request)
        if signed_in is None:
            return None
        may_see = may_look(request._request, "apikeys.view_apikey")
        return signed_in if signed_in[0].is_staff and may_see else None


def refused(request: HttpRequest, refusal: Refusal, key_id: str = "") -> Refused:
    """Return the error to raise for a call that is refused before `authorize` is asked."""
    log_refusal(request, refusal, key_id)
    return Refused(refusal)


def _as_error(refusal: Refusal, request: HttpRequest) -> APIException:
    # DRF's own, which each family shapes as it does for a view without the method.
    if refusal.code == refusals.METHOD_NOT_ALLOWED.code:
        return MethodNotAllowed(request.method or "")
    return Refused(refusal)


def find_key(
    request: HttpRequest, authorization: str | None, *, in_body: bool = True
) -> credentials.PresentedCredential | Refusal:
    """Return the one key that a call presents, or why there is not exactly one.

    The body is searched only where no header has a credential, and never without
    `in_body`. Raises an error where a body cannot be read.
    """
    bodies.refuse_unreadable(request)
    meta, carriers = request.META, []
    if meta.get("QUERY_STRING"):
        carriers.append(parameters.query_parameters(meta["QUERY_STRING"]))
    return credentials.find(
        authorization,
        meta,
        app_settings.key_headers,
        *carriers,
        body=(lambda: bodies.credential_parameters(request)) if in_body else None,
    )


def calling_key(request: Request) -> VerifiedKey:
    """Return what was verified of the key that makes this call."""
    if not isinstance(request.auth, VerifiedKey):
        raise TypeError("The call was not authenticated with a key.")
    return request.auth


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
