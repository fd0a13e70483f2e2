"""Links of static files below whatever path the product is served."""

from __future__ import annotations

from django.contrib.staticfiles.storage import StaticFilesStorage
from django.urls import get_script_prefix
from whitenoise.storage import CompressedManifestStaticFilesStorage


class _BelowPrefix:
    """Takes the prefix of each request: Django keeps that of the first use for good."""

    # STATIC_URL, but for the prefix.
    @property
    def base_url(self) -> str:
        return f"{get_script_prefix()}static/"


class StaticFiles(_BelowPrefix, CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise's own bases disagree
    pass


class StaticFilesOfTests(_BelowPrefix, StaticFilesStorage):
    """For tests, which collect nothing."""
