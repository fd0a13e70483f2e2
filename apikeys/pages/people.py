"""What a person may do on the Settings screens, and who they are for the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from apikeys.access.client_ip import Address
from apikeys.app_settings import app_settings
from apikeys.changes.actors import Actor
from apikeys.choices import MANAGE_APIS, ActorKind

_View = Callable[..., HttpResponseBase]


def may_manage(request: HttpRequest) -> bool:
    """Tell whether the person may create, change and delete keys and roles."""
    return request.user.has_perm(MANAGE_APIS)


def may_look(request: HttpRequest, permission: str) -> bool:
    """Tell whether the person may see what the permission opens; managers see all."""
    return request.user.has_perm(permission) or may_manage(request)


def manager_required(view: _View) -> _View:
    """Answer 403 unless the person may manage APIs, whatever the method."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_manage(request):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def request_address(request: HttpRequest) -> Address | None:
    """Return the caller's address as the trusted proxies tell it."""
    return app_settings.proxies.caller(
        request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR")
    )


def is_page_load(request: HttpRequest) -> bool:
    """Tell whether a browser opens the address as a page, and no program asks."""
    if request.method not in {"GET", "HEAD"}:
        return False
    mode = request.headers.get("Sec-Fetch-Mode")
    if mode is not None:
        return mode == "navigate"
    return "text/html" in request.headers.get("Accept", "")


def actor_of(request: HttpRequest) -> Actor:
    """Return the signed-in person as the services know them."""
    person = request.user
    address = request_address(request)
    return Actor(
        kind=ActorKind.PERSON,
        name=person.get_username(),
        address=str(address) if address else None,
        permissions=None
        if person.is_superuser
        else frozenset(person.get_all_permissions()),
    )
