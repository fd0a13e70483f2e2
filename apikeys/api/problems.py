"""Errors of our own endpoints as `application/problem+json` (RFC 9457) with a `code`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import JsonResponse
from rest_framework import exceptions

from apikeys.api.families import FamilyErrors, Refused

CONTENT_TYPE = "application/problem+json"


class ProblemErrors(FamilyErrors):
    """Mixin of DRF views whose errors are problems."""

    def shape(
        self, error: exceptions.APIException, headers: Mapping[str, str]
    ) -> JsonResponse:
        # Not DRF's own Response: a problem is JSON whatever a view renders otherwise.
        return JsonResponse(
            _body(error),
            status=error.status_code,
            headers=dict(headers),
            content_type=CONTENT_TYPE,
        )


def _body(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, Refused):
        return error.refusal.problem(error.status_code)
    detail = error.detail
    if isinstance(detail, str):
        return {
            "type": "about:blank",
            "title": str(error.default_detail),
            "status": error.status_code,
            "detail": detail,
            "code": detail.code,
        }
    return {
        "type": "about:blank",
        "title": str(error.default_detail),
        "status": error.status_code,
        "detail": "Some values do not fit.",
        "code": "invalid",
        "errors": detail,
    }
