"""Errors of the Topol family: `{"message": …}`, with `errors` on a 422."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import Http404
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apikeys.access.parameters import MAX_BODY_BYTES
from apikeys.api.families import FamilyErrors
from apikeys.changes.errors import InvalidFields
from apikeys.plugin_tokens.services import UnknownPluginToken


class BodyTooLarge(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value
    default_detail = f"The body has at most {MAX_BODY_BYTES} bytes."
    default_code = "body_too_large"


class SmallBodies(APIView):
    """A view that reads no body which is larger than any that makes sense."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > MAX_BODY_BYTES:
            raise BodyTooLarge


class TopolErrors(FamilyErrors):
    """Mixin of the views of this family."""

    def translated(self, error: Exception) -> Exception:
        if isinstance(error, UnknownPluginToken | Http404):
            return exceptions.NotFound(str(UnknownPluginToken()))
        if isinstance(error, InvalidFields):
            return exceptions.ValidationError(
                {name: [text] for name, text in error.errors.items()}
            )
        return super().translated(error)

    def shape(
        self, error: exceptions.APIException, headers: Mapping[str, str]
    ) -> Response:
        if isinstance(error, exceptions.ValidationError):
            errors = _texts(error.detail)
            message = next((text for texts in errors.values() for text in texts), "")
            return Response(
                {"message": message, "errors": errors},
                status=HTTPStatus.UNPROCESSABLE_ENTITY.value,
            )
        return Response(
            {"message": str(error.detail)},
            status=error.status_code,
            headers=dict(headers),
        )


def _texts(detail: Any) -> dict[str, list[str]]:
    return {name: [str(text) for text in texts] for name, texts in detail.items()}
