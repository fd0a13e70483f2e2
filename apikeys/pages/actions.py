"""Addresses that act: one answer to a POST, and one for who comes there without."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.utils import timezone
from django.utils.translation import gettext as _

from apikeys.changes.errors import ServiceRefusal, UnknownSubject
from apikeys.pages.people import actor_of
from apikeys.pages.typed import brought_back

_View = Callable[..., HttpResponse]


def act(
    request: HttpRequest,
    service: Callable[..., object],
    subject_id: object,
    *,
    done: str,
    then: str,
    **arguments: Any,
) -> HttpResponseRedirect:
    """Call one service, say what came of it, and go to `then`."""
    try:
        service(subject_id, actor=actor_of(request), at=timezone.now(), **arguments)
    except UnknownSubject:
        raise Http404 from None
    except ServiceRefusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return HttpResponseRedirect(then)


def only_by_post(where: Callable[..., str]) -> Callable[[_View], _View]:
    """Let a view answer POST; whoever only looks is sent to the object and told so.

    A sign-in ends at the address that was asked before it, whatever the method, and a
    link or a reload may lead there too. `where` takes the arguments of the address.
    """

    def decorate(view: _View) -> _View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            if request.method not in ("GET", "HEAD"):
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            if brought_back(request) is None:  # else this was said already
                messages.warning(
                    request, _("Nothing was done: only its button does that.")
                )
            return HttpResponseRedirect(where(*args, **kwargs))

        return guarded

    return decorate
