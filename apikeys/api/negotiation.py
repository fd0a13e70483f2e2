from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class AnswerAnyway(DefaultContentNegotiation):
    """Whatever `Accept` says there is an answer (RFC 9110, 12.5.1), JSON where it can be.

    A refusal would also come before anybody is asked for credentials.
    """

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> Any:
        renderers = list(renderers)
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            renderer = next(
                (one for one in renderers if one.format == "json"), renderers[0]
            )
            return renderer, renderer.media_type
