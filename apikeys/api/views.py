from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apikeys.access.client_ip import parse_address
from apikeys.access.refusals import all_refusals
from apikeys.api import examples
from apikeys.api.authentication import (
    KeyBesideProxy,
    StaffAuthentication,
    calling_key,
)
from apikeys.api.permissions import IsKeyOrStaff
from apikeys.api.problems import CONTENT_TYPE, ProblemErrors
from apikeys.api.reference import reference
from apikeys.api.serializers import (
    ExplainQuerySerializer,
    ExplanationSerializer,
    ProblemSerializer,
    WhoamiSerializer,
)
from apikeys.keys.authorize import explain_call
from apikeys.keys.verification import VerifiedKey
from apikeys.pages.people import is_page_load, request_address

_TAG = "The calling key"
_PROBLEMS = {
    (status, CONTENT_TYPE): OpenApiResponse(
        ProblemSerializer, description=description, examples=examples.PROBLEMS[status]
    )
    for status, description in {
        400: "The request cannot be understood.",
        401: "No credentials, or credentials that are not valid now.",
        403: "The key's restrictions or roles refuse this call.",
        503: "The credentials cannot be checked now.",
    }.items()
}


class WhoamiView(ProblemErrors, APIView):
    """The calling key as the product sees it, for a first call and for support.

    Works whatever the key's endpoint permissions say; its networks still apply.
    """

    @extend_schema(
        operation_id="whoami",
        tags=[_TAG],
        examples=examples.answer(examples.WHOAMI),
        responses={200: WhoamiSerializer, **_PROBLEMS},
        summary="Which key is calling, and what it may do",
    )
    def get(self, request: Request) -> Response:
        verified = calling_key(request)
        grant, address = verified.grant, request_address(request)
        return Response(
            {
                "id": grant.key_id,
                "name": grant.name,
                "type": grant.key_type,
                "location": grant.location or None,
                "roles": grant.roles,
                "permissions": sorted(grant.permissions),
                "expires_at": grant.expires_at,
                "address": str(address) if address else None,
                "networks": [str(network) for network in grant.networks],
                "endpoints": [pattern.text for pattern in grant.endpoints],
                "read_only": grant.is_read_only,
                "rotation": _rotation(verified),
            }
        )


class ExplainView(ProblemErrors, APIView):
    """Every rule's answer to a call that the calling key could make.

    Works whatever the key's endpoint permissions say; its networks still apply.
    """

    @extend_schema(
        operation_id="explain",
        tags=[_TAG],
        examples=examples.answer(examples.EXPLANATION),
        parameters=[ExplainQuerySerializer],
        responses={200: ExplanationSerializer, **_PROBLEMS},
        summary="Would a call of this key pass?",
    )
    def get(self, request: Request) -> Response:
        # As a dict: an empty value is a wrong one, and not a missing one as in a form.
        query = ExplainQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        given = query.validated_data
        address = given.get("address")
        grant = calling_key(request).grant
        answer = explain_call(
            grant,
            method=given["method"],
            path=given["path"],
            address=parse_address(address) if address else request_address(request),
            at=timezone.now(),
        )
        return Response(
            {
                "allowed": answer.allowed,
                "status": answer.refusal.status if answer.refusal else 200,
                "code": answer.refusal.code if answer.refusal else None,
                "detail": answer.detail,
                "rule": answer.rule,
                "steps": [asdict(step) for step in answer.steps],
            }
        )


class NoSuchEndpointView(ProblemErrors, APIView):
    """Everything under /api/ that is no endpoint: the key's rules hold here too."""

    schema = None

    def _not_found(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise NotFound("There is no such endpoint.")

    get = post = put = patch = delete = _not_found


class _ForKeysAndStaff(ProblemErrors, APIView):
    authentication_classes = [KeyBesideProxy, StaffAuthentication]
    permission_classes = [IsKeyOrStaff]
    schema = None


class SchemaView(_ForKeysAndStaff, SpectacularAPIView):
    """The OpenAPI document."""


class DocsView(_ForKeysAndStaff):
    """The page that shows the document: within Settings for those who are signed in."""

    renderer_classes = [TemplateHTMLRenderer]

    def get(self, request: Request) -> HttpResponseBase:
        inner = request._request
        if isinstance(request.auth, VerifiedKey):
            # The frame of the page asks about people.
            inner.user = AnonymousUser()
        return TemplateResponse(
            inner,
            "reference/reference.html",
            {
                **admin.site.each_context(inner),
                "title": _("API reference"),
                "groups": reference(f"{inner.scheme}://{inner.get_host()}"),
                "refusals": all_refusals(),
            },
        )

    def handle_exception(self, exc: Exception) -> Any:
        inner = self.request._request
        if not is_page_load(inner) or not isinstance(exc, NotAuthenticated):
            return super().handle_exception(exc)
        # DRF knows nobody here; the session may know who must do without this page.
        inner.user = get_user(inner)
        if inner.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(inner.get_full_path(), reverse("admin:login"))


def _rotation(verified: VerifiedKey) -> dict[str, Any] | None:
    at = timezone.now()
    for secret in verified.secrets:
        if secret.expires_at is not None and secret.is_live(at):
            return {
                "overlap_ends_at": secret.expires_at,
                "presented": "old" if verified.secret is secret else "new",
            }
    return None
