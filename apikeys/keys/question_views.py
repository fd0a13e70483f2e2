"""What is asked before a key's calls fail: deactivate, end or cancel a rotation."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from apikeys.keys import rotation
from apikeys.keys import services as key_services
from apikeys.keys.facts import RotationFacts, rotation_facts
from apikeys.keys.models import ApiKey
from apikeys.keys.views import get_present_key, key_url
from apikeys.pages.actions import act
from apikeys.pages.display import exact
from apikeys.pages.people import manager_required
from apikeys.pages.questions import LastUse, Question, is_in_use
from apikeys.pages.shell import form_methods


@never_cache
@form_methods
@manager_required
def key_deactivate(request: HttpRequest, key_id: str) -> HttpResponse:
    key = get_present_key(key_id)
    question = Question(
        title=_("Deactivate “%(name)s”?") % {"name": key.name},
        url=_url("deactivate", key),
        back_url=key_url(key_id),
        act_label=_("Deactivate"),
        keep_label=_("Keep it active"),
        strong=_("Its calls are refused at once, with 401,"),
        text=_("until somebody activates it again. Nothing else changes."),
        level="bad" if is_in_use(key.last_used_at, timezone.now()) else "warn",
        uses=(LastUse(_("This key"), key.last_used_at, key.last_used_address),),
    )
    if not key.is_active:
        messages.error(request, _("The key is already inactive."))
        return HttpResponseRedirect(key_url(key_id))
    form = question.form(request, key.version)
    if form.is_valid():
        done = _("“%(name)s” is inactive: its calls are refused until you activate it.")
        done %= {"name": key.name}
        service = key_services.deactivate_key
        return act(request, service, key_id, done=done, then=key_url(key_id))
    return question.page(request, form)


@never_cache
@form_methods
@manager_required
def key_end_rotation(request: HttpRequest, key_id: str) -> HttpResponse:
    done = _("Rotation of “%(name)s” ended: the old token is void.")
    return _end(request, key_id, rotation.end_rotation, _ask_to_end, done)


@never_cache
@form_methods
@manager_required
def key_cancel_rotation(request: HttpRequest, key_id: str) -> HttpResponse:
    done = _(
        "Rotation of “%(name)s” cancelled: the old token stays, the new one is void."
    )
    return _end(request, key_id, rotation.cancel_rotation, _ask_to_cancel, done)


def _end(
    request: HttpRequest,
    key_id: str,
    service: Callable[..., ApiKey],
    ask: Callable[[ApiKey, RotationFacts], Question],
    done: str,
) -> HttpResponse:
    key = get_present_key(key_id)
    facts = rotation_facts(key, timezone.now())
    if facts is None:
        messages.error(request, str(rotation.NoRotation()))
        return HttpResponseRedirect(key_url(key_id))
    question = ask(key, facts)
    form = question.form(request, key.version)
    if form.is_valid():
        return act(
            request,
            service,
            key_id,
            done=done % {"name": key.name},
            then=key_url(key_id),
            expected_version=form.cleaned_data["version"],
        )
    return question.page(request, form)


def _ask_to_end(key: ApiKey, facts: RotationFacts) -> Question:
    return Question(
        title=_("End the old token of “%(name)s” now?") % {"name": key.name},
        url=_url("end", key),
        back_url=key_url(key.key_id),
        act_label=_("End the old token"),
        keep_label=_("Keep both for now"),
        strong=_("The old token cannot be brought back:")
        if facts.is_new_used
        else _("Nobody has used the new token yet:"),
        text=_("calls that still send the old one are refused at once, with 401."),
        uses=_uses(facts),
        otherwise=_otherwise(facts),
        tick=_("Calls with the old token may fail") if facts.is_old_in_use else "",
    )


def _ask_to_cancel(key: ApiKey, facts: RotationFacts) -> Question:
    return Question(
        title=_("Cancel the rotation of “%(name)s”?") % {"name": key.name},
        url=_url("cancel", key),
        back_url=key_url(key.key_id),
        act_label=_("Make the new token void"),
        keep_label=_("Keep both for now"),
        strong=_("The new token cannot be brought back:"),
        text=_(
            "calls that send it are refused at once, with 401, and the old one works on."
        ),
        uses=_uses(facts),
        otherwise=_otherwise(facts),
        tick=_("Calls with the new token may fail") if facts.is_new_in_use else "",
    )


def _uses(facts: RotationFacts) -> tuple[LastUse, ...]:
    return tuple(
        LastUse(label, secret.last_used_at, secret.last_used_address)
        for label, secret in (
            (_("Old token"), facts.old),
            (_("New token"), facts.new),
        )
    )


def _otherwise(facts: RotationFacts) -> SafeString:
    return format_html(_("Otherwise the old token stops {}."), exact(facts.stops_at))


def _url(name: str, key: ApiKey) -> str:
    return reverse(f"admin:apikeys_apikey_{name}", args=[key.key_id])
