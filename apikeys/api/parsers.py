"""DRF's parsers, without the credentials that a body may carry (see `credentials`)."""

from __future__ import annotations

from typing import Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from apikeys.credentials import names_to_remove


class JSONParser(parsers.JSONParser):
    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            data = super().parse(*args, **kwargs)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        except LookupError:
            raise ParseError("There is no such charset.") from None
        if isinstance(data, dict):
            for name in names_to_remove(data):
                del data[name]
        return data


class FormParser(parsers.FormParser):
    def parse(self, *args: Any, **kwargs: Any) -> Any:
        return _cleaned(super().parse(*args, **kwargs))


class MultiPartParser(parsers.MultiPartParser):
    def parse(self, *args: Any, **kwargs: Any) -> Any:
        parsed = super().parse(*args, **kwargs)
        parsed.data = _cleaned(parsed.data)
        return parsed


def _cleaned(data: Any) -> Any:
    names = names_to_remove(data)
    if not names:
        return data
    data = data.copy()
    for name in names:
        del data[name]
    return data
