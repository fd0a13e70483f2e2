"""Errors of our own endpoints as `application/problem+json` (RFC 9457) with a `code`."""

from __future__ import annotations

from typing import Any

from django.http import Http404, JsonResponse
from rest_framework import exceptions

from apikeys.access import refusals
from apikeys.access.refusals import Refusal

CONTENT_TYPE = "application/problem+json"


class Refused(exceptions.APIException):
    """A refusal of the policy on its way out of DRF."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail, refusal.code)
        self.refusal = refusal
        self.status_code = refusal.status


class ProblemErrors:
    """Mixin of DRF views whose errors are problems."""

    def get_exception_handler(self) -> Any:
        return problem_response


def problem_response(error: Exception, context: dict[str, Any]) -> JsonResponse | None:
    """DRF exception handler. Unexpected errors are left to Django (500)."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, exceptions.NotAuthenticated):
        error = Refused(refusals.CREDENTIALS_MISSING)
    if not isinstance(error, exceptions.APIException):
        return None
    headers = Refusal.headers(error.status_code)
    wait = getattr(error, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(wait)
    # Not DRF's own Response: a problem is JSON whatever a view renders otherwise.
    return JsonResponse(
        _body(error),
        status=error.status_code,
        headers=headers,
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
