"""DRF's parsers, without the credentials that a body may carry (see `credentials`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from apikeys.access.parameters import names_to_remove


class JSONParser(parsers.JSONParser):
    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            data = super().parse(*args, **kwargs)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        if isinstance(data, dict):
            for name in names_to_remove(data):
                del data[name]
        return data


class FormParser(parsers.FormParser):
    def parse(self, *args: Any, **kwargs: Any) -> Any:
        with _charset_is_the_callers():
            return _cleaned(super().parse(*args, **kwargs))


class MultiPartParser(parsers.MultiPartParser):
    def parse(self, *args: Any, **kwargs: Any) -> Any:
        with _charset_is_the_callers():
            parsed = super().parse(*args, **kwargs)
        parsed.data = _cleaned(parsed.data)
        return parsed


@contextmanager
def _charset_is_the_callers() -> Iterator[None]:
    """Refuse a body whose charset is one of Python's that reads no such text."""
    try:
        yield
    except UnicodeError:
        raise ParseError("The body is not in the charset that it names.") from None


def _cleaned(data: Any) -> Any:
    names = names_to_remove(data)
    if not names:
        return data
    data = data.copy()
    for name in names:
        del data[name]
    return data
