"""How a wire family mounts its endpoints: plain `path()` lines that say what each needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import URLPattern, path

from apikeys.keys.routes import declare


def endpoint(
    route: str,
    view: Any,
    *,
    needs: Mapping[str, str | None],
    name: str,
    **arguments: Any,
) -> list[URLPattern]:
    """Return an endpoint's route and its twin with a slash, which stands in no document.

    `view` is a DRF view or viewset class and `arguments` are those of its `as_view`.
    `needs` names the permission ("app.codename") of each method that the endpoint
    answers, None for one that any key may use; other methods are closed.
    """
    plain = declare(view.as_view(**arguments), needs)
    twin = declare(view.as_view(**arguments, schema=None), needs)
    return [path(route, plain, name=name), path(f"{route}/", twin)]
