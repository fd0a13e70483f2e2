"""Settings that every call asks for, each read once.

Django's lazy object takes as long for one name as `policy` takes for two rules. A
process lives and dies with its settings; tests, which change them, reset this.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings


class _Conf:
    """A setting is an attribute; from its second use on it is a plain one."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(settings, name)
        setattr(self, name, value)
        return value

    def forget(self, name: str) -> None:
        """Read a setting again at its next use."""
        self.__dict__.pop(name, None)


conf = _Conf()
