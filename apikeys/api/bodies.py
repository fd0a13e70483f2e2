"""What a body must be like to be read, and the credentials that it may carry."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from rest_framework.exceptions import APIException

from apikeys.access import parameters

# In the request's environment once its body was searched for credentials.
SEARCHED = "apikeys.body_was_searched"


class LengthRequired(APIException):
    status_code = HTTPStatus.LENGTH_REQUIRED.value
    default_detail = (
        "This server cannot read a body in chunks. Send it with a Content-Length."
    )
    default_code = "length_required"


class BodyCompressed(APIException):
    status_code = HTTPStatus.UNSUPPORTED_MEDIA_TYPE.value
    default_detail = "The body is compressed. Send it without a Content-Encoding."
    default_code = "body_compressed"


def refuse_unreadable(request: HttpRequest) -> None:
    """Raise an error for a body that would be read as empty, or as nonsense."""
    meta = request.META
    # The front (config/front.py) takes it off once the body is there as a whole. Django
    # reads as many bytes as the length says, which here is none.
    if meta.get("HTTP_TRANSFER_ENCODING"):
        raise LengthRequired
    encoding = meta.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in ("", "identity") and meta.get("CONTENT_LENGTH") not in (
        None,
        "",
        "0",
    ):
        raise BodyCompressed


def credential_parameters(request: HttpRequest) -> list[parameters.Pair]:
    """Return credential parameters of a form or JSON body of at most 64 kB."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or not 0 < int(length) <= parameters.MAX_BODY_BYTES:
        return []
    request.META[SEARCHED] = True
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
