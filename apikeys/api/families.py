"""What the errors of every wire family have in common: one table and one shape each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpResponseBase
from rest_framework import exceptions

from apikeys.access import refusals
from apikeys.access.refusals import Refusal
from apikeys.counting.tries import TooManyTries
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


class FamilyErrors:
    """Mixin of a family's DRF views: `refusals_said` by code, and `shape`, its envelope."""

    refusals_said: ClassVar[Mapping[str, Said]] = {}

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
        error = self.translated(error)
        if not isinstance(error, exceptions.APIException):
            return None
        if isinstance(error, Refused):
            self._say(error)
        headers = Refusal.headers(error.status_code)
        wait = getattr(error, "wait", None)
        if wait is not None:
            headers["Retry-After"] = str(wait)
        return self.shape(error, headers)

    def _say(self, error: Refused) -> None:
        said = self.refusals_said.get(error.refusal.code)
        if said is not None:
            error.status_code = said.status
            error.detail = exceptions.ErrorDetail(said.text, error.refusal.code)
