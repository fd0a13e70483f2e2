"""The one way to read settings, those of Django too, and what is made of them, once.

Follows Django's `setting_changed`, by which tests announce another value.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from apikeys.access.client_ip import TrustedProxies
from apikeys.access.gate_headers import wsgi_name


class _AppSettings:
    """A setting is an attribute, and from its second use on a plain one.

    Properties are what is made of a setting, once.
    """

    def __getattr__(self, name: str) -> Any:
        value = getattr(settings, name)
        setattr(self, name, value)
        return value

    @cached_property
    def key_headers(self) -> tuple[tuple[str, str], ...]:
        """`KEY_HEADER_PAIRS` by the names that headers have in WSGI (PEP 3333)."""
        return tuple(
            (wsgi_name(key_id), wsgi_name(secret))
            for key_id, secret in self.KEY_HEADER_PAIRS
        )

    @cached_property
    def header_names(self) -> str:
        """The headers that a client may use, for a text."""
        pairs = [f"{key_id} and {secret}" for key_id, secret in self.KEY_HEADER_PAIRS]
        alone = " or ".join(secret for _, secret in self.KEY_HEADER_PAIRS)
        ways = ["Authorization: Bearer or Basic", *pairs]
        if alone:
            ways.append(f"or the whole token alone in {alone}")
        return ", ".join(ways)

    @cached_property
    def proxies(self) -> TrustedProxies:
        return TrustedProxies(self.TRUSTED_PROXIES)


app_settings = _AppSettings()


@receiver(setting_changed)
def _read_again(**kwargs: Any) -> None:
    app_settings.__dict__.clear()
