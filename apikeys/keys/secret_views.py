"""Pages whose POST makes a secret: create, rotate, new password.

The secret is in the direct answer to the POST that made it and nowhere else, so
these POSTs do not redirect; a one-time nonce makes a repeated one harmless.
"""

from __future__ import annotations

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from apikeys.access.key_types import Need
from apikeys.changes.errors import InvalidFields, NonceUsed, ServiceRefusal
from apikeys.keys import rotation
from apikeys.keys import services as key_services
from apikeys.keys.action_forms import PasswordForm, RotateKeyForm
from apikeys.keys.duplicates import initial_of_duplicate
from apikeys.keys.facts import rotation_facts
from apikeys.keys.forms import IssueKeyForm
from apikeys.keys.models import ApiKey
from apikeys.keys.services import IssuedKey
from apikeys.keys.type_paths import endpoint_warnings
from apikeys.keys.views import get_key, get_present_key, key_url
from apikeys.pages.people import actor_of, manager_required, request_address
from apikeys.pages.shell import form_methods, settings_page
from apikeys.pages.typed import keeps, typed_values


@never_cache
@keeps(IssueKeyForm)
@sensitive_post_parameters("password")
@form_methods
@manager_required
def key_create(request: HttpRequest) -> HttpResponse:
    """Make a key; with `?from=<ID>`, one like another key and of the same location."""
    source = _source(request)
    form = _issue_form(request, source)
    if request.method == "POST" and form.is_valid():
        try:
            issued = _issue(request, form, source)
        except InvalidFields as refusal:
            form.add_service_errors(refusal.errors)
        except NonceUsed as refusal:
            return _already_made(request, refusal)
        except ServiceRefusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return _reveal(request, issued, _("“%(name)s” is ready"))
    title = _("Create API key")
    if source:
        title = _("Duplicate “%(name)s”") % {"name": source.name}
    return settings_page(
        request, "keys/key_create.html", title, form=form, source=source
    )


def _source(request: HttpRequest) -> ApiKey | None:
    key_id = request.GET.get("from", "")
    return get_key(key_id) if key_id else None


def _issue_form(request: HttpRequest, source: ApiKey | None) -> IssueKeyForm:
    initial = initial_of_duplicate(source) if source else {}
    return IssueKeyForm(
        request.POST if request.method == "POST" else None,
        now=timezone.now(),
        own_address=str(request_address(request) or ""),
        initial={**initial, **typed_values(request, IssueKeyForm)},
    )


def _issue(
    request: HttpRequest, form: IssueKeyForm, source: ApiKey | None
) -> IssuedKey:
    return key_services.issue_key(
        key_type=form.cleaned_data["key_type"],
        fields=form.settings(),
        roles=form.cleaned_data["roles"],
        expires_at=form.expiry(),
        # Never wider than what it was made from.
        location=source.location if source else None,
        password=form.cleaned_data["password"],
        nonce=form.cleaned_data["nonce"],
        actor=actor_of(request),
        at=form.now,
    )


@never_cache
@keeps(RotateKeyForm)
@form_methods
@manager_required
def key_rotate(request: HttpRequest, key_id: str) -> HttpResponse:
    key = get_present_key(key_id)
    form = RotateKeyForm(
        request.POST if request.method == "POST" else None,
        initial={"version": key.version} | typed_values(request, RotateKeyForm),
    )
    if form.is_valid():
        try:
            issued = rotation.rotate_key(
                key_id,
                overlap=timedelta(hours=form.cleaned_data["overlap"]),
                nonce=form.cleaned_data["nonce"],
                expected_version=form.cleaned_data["version"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except NonceUsed as refusal:
            return _already_made(request, refusal)
        except ServiceRefusal as refusal:
            form.add_refusal(refusal)
        else:
            title = _("“%(name)s” has a new token")
            return _reveal(request, issued, title, is_rotation=True)
    title = _("Rotate “%(name)s”") % {"name": key.name}
    return settings_page(request, "keys/key_rotate.html", title, key=key, form=form)


@never_cache
@sensitive_post_parameters("password")
@form_methods
@manager_required
def key_password(request: HttpRequest, key_id: str) -> HttpResponse:
    key = get_present_key(key_id)
    if key.type.fields["password"] is Need.HIDDEN:
        raise Http404
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            password = key_services.set_password(
                key_id,
                password=form.cleaned_data["password"],
                nonce=form.cleaned_data["nonce"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except NonceUsed as refusal:
            return _already_made(request, refusal)
        except ServiceRefusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return _reveal_password(request, key, password)
    title = _("New password for “%(name)s”") % {"name": key.name}
    return settings_page(request, "keys/key_password.html", title, key=key, form=form)


def _reveal(
    request: HttpRequest, issued: IssuedKey, title: str, *, is_rotation: bool = False
) -> HttpResponse:
    key = issued.key
    return settings_page(
        request,
        "keys/token.html",
        title % {"name": key.name},
        key=key,
        token=issued.token.text,
        secret=issued.token.secret,
        is_rotation=is_rotation,
        rotation=rotation_facts(key, timezone.now()),
        password=issued.password,
        warnings=endpoint_warnings(key.key_type, key.endpoints),
        whoami_url=request.build_absolute_uri(reverse("api:whoami")),
        next_url=key_url(key.key_id),
    )


def _reveal_password(request: HttpRequest, key: ApiKey, password: str) -> HttpResponse:
    title = _("“%(name)s” has a new password") % {"name": key.name}
    return settings_page(
        request,
        "keys/token.html",
        title,
        key=key,
        password=password,
        next_url=key_url(key.key_id),
    )


def _already_made(request: HttpRequest, refusal: NonceUsed) -> HttpResponse:
    response = settings_page(
        request,
        "keys/already_made.html",
        _("This form was already sent"),
        key=ApiKey.objects.filter(key_id=refusal.subject_id).first(),
        refusal=refusal,
    )
    response.status_code = 409
    return response
