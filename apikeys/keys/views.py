"""Pages of one key that make no secret: look and edit, switch, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apikeys.access.client_ip import parse_address
from apikeys.access.explanation import Explanation
from apikeys.access.tokens import is_public_id
from apikeys.audit.models import AuditEntry
from apikeys.caching.reader import StateUnknown
from apikeys.changes.errors import InvalidFields, ServiceRefusal
from apikeys.keys import rotation
from apikeys.keys import services as key_services
from apikeys.keys.action_forms import TryCallForm
from apikeys.keys.authorize import explain_call
from apikeys.keys.cache import key_cache
from apikeys.keys.facts import settings_facts
from apikeys.keys.forms import EditKeyForm
from apikeys.keys.models import ApiKey
from apikeys.pages.forms import DeleteKeyForm
from apikeys.pages.people import (
    actor_of,
    manager_required,
    may_look,
    may_manage,
    request_address,
)
from apikeys.pages.shell import form_methods, settings_page

_LATEST_CHANGES = 8


def get_key(key_id: str) -> ApiKey:
    keys = ApiKey.objects.select_related("location")
    key = keys.filter(key_id=key_id).first() if is_public_id(key_id) else None
    if key is None:
        raise Http404
    return key


def get_present_key(key_id: str) -> ApiKey:
    key = get_key(key_id)
    if key.is_deleted:
        raise Http404
    return key


def key_url(key_id: str) -> str:
    return reverse("admin:apikeys_apikey_change", args=[key_id])


@never_cache
@form_methods
def key_page(request: HttpRequest, key_id: str) -> HttpResponse:
    """Show a key to those who may look; save its settings for those who may manage."""
    if not may_look(request, "apikeys.view_apikey"):
        raise PermissionDenied
    key = get_key(key_id)
    form = _edit_form(request, key)
    if request.method == "POST":
        if not may_manage(request) or key.is_deleted:
            raise PermissionDenied
        if form.is_valid() and _saved(request, key, form):
            messages.success(request, _("Saved. It applies to every call from now on."))
            return HttpResponseRedirect(key_url(key_id))
    try_form = _try_form(request)
    return settings_page(
        request,
        "keys/key_page.html",
        key.name,
        key=key,
        form=form,
        facts=settings_facts(key),
        is_editable=may_manage(request) and not key.is_deleted,
        try_form=try_form,
        answer=_answer(key, try_form),
        changes=AuditEntry.objects.filter(subject_id=key.key_id).order_by("-at", "-pk")[
            :_LATEST_CHANGES
        ],
        **_state(key),
    )


def _edit_form(request: HttpRequest, key: ApiKey) -> EditKeyForm:
    return EditKeyForm(
        request.POST if request.method == "POST" else None,
        key=key,
        own_address=str(request_address(request) or ""),
    )


def _saved(request: HttpRequest, key: ApiKey, form: EditKeyForm) -> bool:
    try:
        key_services.update_key(
            key.key_id,
            fields=form.settings(),
            actor=actor_of(request),
            at=timezone.now(),
            expected_version=form.cleaned_data["version"],
        )
    except InvalidFields as refusal:
        form.add_service_errors(refusal.errors)
    except ServiceRefusal as refusal:
        form.add_refusal(refusal)
    else:
        return True
    return False


def _state(key: ApiKey) -> dict[str, Any]:
    """Return what the page says of the key's secrets at this moment."""
    now = timezone.now()
    secrets = list(key.secrets.live(now).order_by("-created_at", "-pk"))
    return {
        "status": key.status(now),
        "is_usable": key.is_usable(now),
        "secrets": secrets,
        "older_secret": next((s for s in secrets if s.expires_at is not None), None),
        "roles": list(key.roles.order_by("name")),
    }


def _try_form(request: HttpRequest) -> TryCallForm:
    asked = {name: request.GET.get(name, "") for name in TryCallForm.base_fields}
    own = str(request_address(request) or "")
    return TryCallForm(
        asked if asked["path"] else None,
        initial={"method": "GET", "path": "/api/whoami", "address": own},
    )


def _answer(key: ApiKey, form: TryCallForm) -> Explanation | None:
    if key.is_deleted or not form.is_valid():
        return None
    try:
        cached = key_cache.get(key.key_id)
    except StateUnknown:
        cached = None
    if cached is None:
        return None
    return explain_call(
        cached.grant,
        method=form.cleaned_data["method"],
        path=form.cleaned_data["path"],
        address=parse_address(form.cleaned_data["address"]),
        at=timezone.now(),
    )


@never_cache
@form_methods
@manager_required
def key_delete(request: HttpRequest, key_id: str) -> HttpResponse:
    key = get_present_key(key_id)
    form = DeleteKeyForm(
        request.POST if request.method == "POST" else None, name=key.name
    )
    if form.is_valid():
        return _act(
            request,
            key_services.delete_key,
            key_id,
            _("“%(name)s” is deleted. Its calls are refused from now on."),
            then=reverse("admin:apikeys_apikey_changelist"),
        )
    title = _("Delete “%(name)s”?") % {"name": key.name}
    return settings_page(request, "keys/key_delete.html", title, key=key, form=form)


@require_POST
@manager_required
def key_deactivate(request: HttpRequest, key_id: str) -> HttpResponse:
    text = _("“%(name)s” is inactive: its calls are refused until you activate it.")
    return _act(request, key_services.deactivate_key, key_id, text)


@require_POST
@manager_required
def key_activate(request: HttpRequest, key_id: str) -> HttpResponse:
    text = _("“%(name)s” is active again.")
    return _act(request, key_services.activate_key, key_id, text)


@require_POST
@manager_required
def key_cancel_rotation(request: HttpRequest, key_id: str) -> HttpResponse:
    text = _(
        "Rotation of “%(name)s” cancelled: the old token stays, the new one is void."
    )
    return _act(request, rotation.cancel_rotation, key_id, text)


@require_POST
@manager_required
def key_end_rotation(request: HttpRequest, key_id: str) -> HttpResponse:
    text = _("Rotation of “%(name)s” ended: the old token is void.")
    return _act(request, rotation.end_rotation, key_id, text)


def _act(
    request: HttpRequest,
    service: Callable[..., ApiKey],
    key_id: str,
    text: str,
    then: str = "",
) -> HttpResponse:
    try:
        key = service(key_id, actor=actor_of(request), at=timezone.now())
    except key_services.UnknownKey:
        raise Http404 from None
    except ServiceRefusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, text % {"name": key.name})
    return HttpResponseRedirect(then or key_url(key_id))
