"""Pages of one key that make no secret: look and edit, switch on, delete."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from apikeys.access.tokens import is_public_id
from apikeys.audit.models import AuditEntry
from apikeys.changes.errors import InvalidFields, ServiceRefusal
from apikeys.keys import services as key_services
from apikeys.keys import try_call
from apikeys.keys.action_forms import TryCallForm
from apikeys.keys.facts import expiry_facts, rotation_facts, settings_facts
from apikeys.keys.forms import EditKeyForm
from apikeys.keys.last_use import last_use
from apikeys.keys.models import ApiKey
from apikeys.pages.actions import act, only_by_post
from apikeys.pages.forms import DeleteKeyForm
from apikeys.pages.people import (
    actor_of,
    manager_required,
    may_look,
    may_manage,
    request_address,
)
from apikeys.pages.shell import form_methods, settings_page
from apikeys.pages.typed import keeps, typed_values

_LATEST_CHANGES = 8


def get_key(key_id: str) -> ApiKey:
    # Who decides by the last use must not see one that is up to a minute old.
    last_use.flush()
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
@keeps(EditKeyForm, TryCallForm)
@form_methods
def key_page(request: HttpRequest, key_id: str) -> HttpResponse:
    """Show a key to those who may look; save its settings for those who may manage.

    A POST with `check` saves nothing and asks whether a call would pass.
    """
    if not may_look(request, "apikeys.view_apikey"):
        raise PermissionDenied
    key = get_key(key_id)
    form = _edit_form(request, key)
    if request.method == "POST":
        if not may_manage(request) or key.is_deleted:
            raise PermissionDenied
        is_sent = "check" not in request.POST and form.is_valid()
        if is_sent and _saved(request, key, form):
            messages.success(request, _("Saved. It applies to every call from now on."))
            return HttpResponseRedirect(key_url(key_id))
    is_editable = may_manage(request) and not key.is_deleted
    try_form = try_call.try_form(request, is_editable=is_editable)
    return settings_page(
        request,
        "keys/key_page.html",
        key.name,
        key=key,
        form=form,
        facts=settings_facts(key),
        is_editable=is_editable,
        try_form=try_form,
        answer=try_call.answer(key, try_form, form, timezone.now()),
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
        typed=typed_values(request, EditKeyForm),
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
    """Return what the page says of the key's life at this moment."""
    now = timezone.now()
    return {
        "status": key.status(now),
        "is_usable": key.is_usable(now),
        "expiry": None if key.is_deleted else expiry_facts(key, now),
        "rotation": rotation_facts(key, now),
        "roles": list(key.roles.order_by("name")),
    }


@never_cache
@form_methods
@manager_required
def key_delete(request: HttpRequest, key_id: str) -> HttpResponse:
    key = get_present_key(key_id)
    form = DeleteKeyForm(
        request.POST if request.method == "POST" else None, name=key.name
    )
    if form.is_valid():
        return act(
            request,
            key_services.delete_key,
            key_id,
            done=_("“%(name)s” is deleted. Its calls are refused from now on.")
            % {"name": key.name},
            then=reverse("admin:apikeys_apikey_changelist"),
        )
    title = _("Delete “%(name)s”?") % {"name": key.name}
    return settings_page(request, "keys/key_delete.html", title, key=key, form=form)


@manager_required
@only_by_post(key_url)
def key_activate(request: HttpRequest, key_id: str) -> HttpResponse:
    key = get_present_key(key_id)
    return act(
        request,
        key_services.activate_key,
        key_id,
        done=_("“%(name)s” is active again.") % {"name": key.name},
        then=key_url(key_id),
    )
