"""What the errors of every wire family have in common: one table and one shape each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponseBase
from rest_framework import exceptions

from apikeys.access import refusals
from apikeys.access.paths import normal_path
from apikeys.access.refusals import Refusal
from apikeys.counting.tries import TooManyTries
from apikeys.keys.refused_calls import record_refusal
from apikeys.pages.people import request_address
from apikeys.passwords import TooManyHashes


class Said(NamedTuple):
    """How a family says a refusal that it says otherwise than we do."""

    status: int
    text: str


class Refused(exceptions.APIException):
    """A refusal of the rules on its way out of DRF."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail, refusal.code)
        self.refusal = refusal
        self.status_code = refusal.status


def log_refusal(request: HttpRequest, refusal: Refusal, key_id: str = "") -> None:
    """Write down a call that is refused without `authorize`, which writes its own."""
    record_refusal(
        refusal,
        request.method or "",
        normal_path(request.path_info),
        request_address(request),
        datetime.now(UTC),
        key_id=key_id,
    )


class FamilyErrors:
    """Mixin of a family's DRF views: `refusals_said` by code, and `shape`, its envelope."""

    refusals_said: ClassVar[Mapping[str, Said]] = {}

    def finalize_response(
        self, request: Any, response: Any, *args: Any, **kwargs: Any
    ) -> Any:
        # What a key may see is nobody else's, on its way nor in a browser's memory.
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]  # of the view
        response["Cache-Control"] = "no-store"
        return response

    def shape(
        self, error: exceptions.APIException, headers: Mapping[str, str]
    ) -> HttpResponseBase:
        """Return the answer of the family to an error."""
        raise NotImplementedError

    def translated(self, error: Exception) -> Exception:
        """Return a service's error as one of DRF's; families add their own."""
        if isinstance(error, Http404):
            return exceptions.NotFound()
        if isinstance(error, SuspiciousOperation):
            return exceptions.ParseError()
        if isinstance(error, exceptions.NotAuthenticated):
            return Refused(refusals.CREDENTIALS_MISSING)
        if isinstance(error, TooManyHashes):
            return Refused(refusals.SERVER_BUSY)
        if isinstance(error, TooManyTries):
            return exceptions.Throttled(error.wait_seconds)
        return error

    def get_exception_handler(self) -> Any:
        return self._respond

    def _respond(
        self, error: Exception, context: dict[str, Any]
    ) -> HttpResponseBase | None:
        """DRF exception handler. Unexpected errors are left to Django (500)."""
        if isinstance(error, exceptions.NotAuthenticated):
            log_refusal(context["request"], refusals.CREDENTIALS_MISSING)
        error = self.translated(error)
        if not isinstance(error, exceptions.APIException):
            return None
        if isinstance(error, Refused):
            self._say(error)
        headers = Refusal.headers(error.status_code)
        wait = getattr(error, "wait", None)
        if wait is not None:
            headers["Retry-After"] = str(wait)
        response = self.shape(error, headers)
        # Django would add a line of its own to what stands in the log, without a bound.
        response._has_been_logged = True  # type: ignore[attr-defined]  # Django's own mark
        return response

    def _say(self, error: Refused) -> None:
        said = self.refusals_said.get(error.refusal.code)
        if said is not None:
            error.status_code = said.status
            error.detail = exceptions.ErrorDetail(said.text, error.refusal.code)
