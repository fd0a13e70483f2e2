"""What a person typed, kept over a sign-in: a session may end while a form is open.

The answer that asks for the sign-in carries it away in a signed cookie, and the page
that was asked for gives it back as first values of its form; nothing is done by itself.
Only what a view's forms name is kept, and never a password or a one-time value. A
cookie, since a person without a session has no row to keep it in, and because it
works for pages, dialogs and any number of steps of a sign-in alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

_View = Callable[..., HttpResponseBase]
_Kept = TypeVar("_Kept", bound=Callable[..., Any])
_Form = type[forms.Form] | type["forms.ModelForm[Any]"]
_Forms = tuple[_Form, ...]

COOKIE = "typed"
_SALT = "apikeys.pages.typed"
_MAX_AGE_SECONDS = 3600
# Proxies read all headers of an answer into 4 kB.
MAX_LENGTH = 2600
_ATTRIBUTE = "kept_forms"


@dataclass(frozen=True, slots=True)
class Typed:
    """What came back: the values of each field. `is_cut`: some could not be kept."""

    path: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    is_cut: bool = False
    had_password: bool = False


def keeps(*kept: _Form) -> Callable[[_Kept], _Kept]:
    """Say which forms of a view keep what was typed over a sign-in."""

    def decorate(view: _Kept) -> _Kept:
        setattr(view, _ATTRIBUTE, kept)
        return view

    return decorate


def brought_back(request: HttpRequest) -> Typed | None:
    """Return what was posted here before the sign-in, if anything was."""
    return getattr(request, "typed", None)


def typed_values(request: HttpRequest, form: _Form) -> dict[str, Any]:
    """Return what was typed before a sign-in as initial values of a form."""
    typed = brought_back(request)
    if typed is None or not typed.fields:
        return {}
    return {
        name: _initial(each, typed.fields.get(name, []))
        for name, each in form.base_fields.items()
        if _may_keep(name, each)
    }


def over_sign_in(
    view: _View, guarded: _View, has_permission: Callable[[HttpRequest], bool]
) -> _View:
    """Wrap a view behind the sign-in, so that a POST without a session is not lost."""

    @wraps(guarded)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not has_permission(request):
            response = guarded(request, *args, **kwargs)
            if request.method == "POST":
                _carry(request, response, getattr(view, _ATTRIBUTE, ()))
            return response
        typed = _carried(request)
        if typed is None:
            return guarded(request, *args, **kwargs)
        request.typed = typed  # type: ignore[attr-defined]  # ours, see brought_back
        if request.method == "GET":
            messages.warning(request, _text(typed))
        response = guarded(request, *args, **kwargs)
        response.delete_cookie(COOKIE, path=_path())
        return response

    return inner


def _carry(request: HttpRequest, response: Any, kept: _Forms) -> None:
    fields = {
        name: request.POST.getlist(name)
        for form in kept
        for name, each in form.base_fields.items()
        if _may_keep(name, each) and name in request.POST
    }
    has_password = any(
        isinstance(each.widget, forms.PasswordInput) and request.POST.get(name)
        for form in kept
        for name, each in form.base_fields.items()
    )
    value = _signed(request.path, fields, False, has_password)
    if len(value) > MAX_LENGTH:
        value = _signed(request.path, {}, True, has_password)
    response.set_cookie(
        COOKIE,
        value,
        max_age=_MAX_AGE_SECONDS,
        path=_path(),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _carried(request: HttpRequest) -> Typed | None:
    # A dialog fetches pages too; the page that the person then sees still needs it.
    if COOKIE not in request.COOKIES or "X-Dialog" in request.headers:
        return None
    try:
        values = signing.loads(
            request.COOKIES[COOKIE], salt=_SALT, max_age=_MAX_AGE_SECONDS
        )
    except signing.BadSignature:
        return None
    typed = Typed(*values)
    return typed if typed.path == request.path else None


def _signed(path: str, *values: Any) -> str:
    return signing.dumps([path, *values], salt=_SALT, compress=True)


def _path() -> str:
    return reverse("admin:index")


def _may_keep(name: str, each: forms.Field) -> bool:
    return name != "nonce" and not isinstance(each.widget, forms.PasswordInput)


def _initial(each: forms.Field, values: list[str]) -> Any:
    if isinstance(each, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
        return values
    if isinstance(each, forms.BooleanField):
        return bool(values)
    return values[-1] if values else ""


def _text(typed: Typed) -> str:
    text = _("Your session had ended, so nothing was done.")
    if typed.is_cut:
        return f"{text} " + _(
            "What you typed was too long to be kept; your browser's Back button may"
            " still have it."
        )
    if not typed.fields:
        return text
    text += " " + _("What you typed is here again: look at it and send it once more.")
    if typed.had_password:
        text += " " + _("Only the password must be typed again.")
    return text
