"""DRF's parsers, without the credentials for which a body was searched (see `bodies`)."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from apikeys.access.parameters import names_to_remove
from apikeys.api.bodies import SEARCHED


class JSONParser(parsers.JSONParser):
    def parse(
        self, stream: Any, media_type: Any = None, parser_context: Any = None
    ) -> Any:
        # Some platforms begin a file of UTF-8 with a byte-order mark (RFC 8259, 8.1).
        body = BytesIO(stream.read().removeprefix(BOM_UTF8))
        try:
            data = super().parse(body, media_type, parser_context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        return _cleaned(data, parser_context) if isinstance(data, dict) else data


class FormParser(parsers.FormParser):
    def parse(
        self, stream: Any, media_type: Any = None, parser_context: Any = None
    ) -> Any:
        with _charset_is_the_callers():
            data = super().parse(stream, media_type, parser_context)
            return _cleaned(data, parser_context)


class MultiPartParser(parsers.MultiPartParser):
    def parse(
        self, stream: Any, media_type: Any = None, parser_context: Any = None
    ) -> Any:
        with _charset_is_the_callers():
            parsed = super().parse(stream, media_type, parser_context)
        parsed.data = _cleaned(parsed.data, parser_context)
        return parsed


@contextmanager
def _charset_is_the_callers() -> Iterator[None]:
    """Refuse a body whose charset is one of Python's that reads no such text."""
    try:
        yield
    except UnicodeError:
        raise ParseError("The body is not in the charset that it names.") from None


def _cleaned(data: Any, parser_context: Any) -> Any:
    if not parser_context["request"].META.get(SEARCHED):
        return data
    names = names_to_remove(data)
    if not names:
        return data
    data = data.copy()
    for name in names:
        del data[name]
    return data
