"""Errors of our own endpoints as `application/problem+json` (RFC 9457) with a `code`."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
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
    problem: dict[str, Any] = {
        "type": "about:blank",
        # As the RFC wants it of this type.
        "title": HTTPStatus(error.status_code).phrase.capitalize(),
        "status": error.status_code,
    }
    detail = error.detail
    if isinstance(detail, str):
        return {**problem, "detail": detail, "code": detail.code}
    return {
        **problem,
        "detail": "Some values do not fit.",
        "code": "invalid",
        "errors": detail,
    }
