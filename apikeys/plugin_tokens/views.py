"""Pages of one plugin token: create, look, show, domains, replace, delete.

Its value is public by nature (it stands in the source of a page), so it may be
shown again; that it was shown stands in the audit trail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apikeys.access.refusals import Refusal
from apikeys.audit.models import AuditEntry
from apikeys.changes.errors import InvalidFields, NonceUsed, ServiceRefusal
from apikeys.pages.forms import DeleteKeyForm
from apikeys.pages.people import actor_of, manager_required, may_look, may_manage
from apikeys.pages.shell import form_methods, settings_page
from apikeys.plugin_tokens import services
from apikeys.plugin_tokens.domains import origin_of_page, parse_domain
from apikeys.plugin_tokens.forms import (
    CreatePluginTokenForm,
    DomainsForm,
    ReplaceValueForm,
    TrySiteForm,
)
from apikeys.plugin_tokens.models import PluginToken
from apikeys.plugin_tokens.rules import allowed_site

_LATEST_CHANGES = 8


@never_cache
@form_methods
@manager_required
def token_create(request: HttpRequest) -> HttpResponse:
    form = CreatePluginTokenForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            issued = services.issue_plugin_token(
                name=form.cleaned_data["name"],
                domains=form.cleaned_data["domains"],
                nonce=form.cleaned_data["nonce"],
                may_replace=False,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except InvalidFields as refusal:
            form.add_service_errors(refusal.errors)
        except NonceUsed as refusal:
            made = _made_before(refusal)
            if made is not None:
                # Nothing is lost: the value can be shown again.
                return HttpResponseRedirect(_url(made.public_id))
            # The one-time value of another form.
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("“%s” is created.") % issued.token.name)
            return HttpResponseRedirect(_url(issued.token.public_id))
    title = _("Create plugin token")
    return settings_page(request, "plugin_tokens/token_create.html", title, form=form)


@never_cache
@form_methods
def token_page(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Show a token to those who may look; save its domains for those who may manage."""
    if not may_look(request, "apikeys.view_apikey"):
        raise PermissionDenied
    token = _get(token_id)
    form = DomainsForm(
        request.POST if request.method == "POST" else None,
        initial={"domains": token.domains, "version": token.version},
    )
    if request.method == "POST":
        if not may_manage(request):
            raise PermissionDenied
        if form.is_valid() and _saved(request, token, form):
            messages.success(request, _("Saved. It holds in every page from now on."))
            return HttpResponseRedirect(_url(token_id))
    return _token_page(request, token, form)


@never_cache
@require_POST
@manager_required
def token_show(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Show the value, which the audit trail remembers."""
    token = _get(token_id)
    form = DomainsForm(initial={"domains": token.domains, "version": token.version})
    try:
        value = services.reveal_value(
            token_id, actor=actor_of(request), at=timezone.now()
        )
    except ServiceRefusal as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(_url(token_id))
    return _token_page(request, token, form, value=value)


@never_cache
@form_methods
@manager_required
def token_replace(request: HttpRequest, token_id: UUID) -> HttpResponse:
    token = _get(token_id)
    form = ReplaceValueForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        done = _("“%s” has a new value. Put it into its pages; the old one is void.")
        return _act(
            request,
            services.replace_value,
            token,
            done,
            nonce=form.cleaned_data["nonce"],
        )
    title = _("Replace the value of “%s”?") % token.name
    return settings_page(
        request, "plugin_tokens/token_replace.html", title, token=token, form=form
    )


@require_POST
@manager_required
def token_mark(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Let the token manage tokens, or no longer."""
    is_wanted = request.POST.get("may_manage_tokens") == "on"
    done = (
        _("“%s” may manage tokens.") if is_wanted else _("“%s” may not manage tokens.")
    )
    token = _get(token_id)
    return _act(request, services.set_may_manage_tokens, token, done, to=is_wanted)


@never_cache
@form_methods
@manager_required
def token_delete(request: HttpRequest, token_id: UUID) -> HttpResponse:
    token = _get(token_id)
    form = DeleteKeyForm(
        request.POST if request.method == "POST" else None, name=token.name
    )
    if form.is_valid():
        return _act(
            request,
            services.delete_plugin_token,
            token,
            _("“%s” is deleted. Pages that have it are no longer let in."),
            then=reverse("admin:apikeys_plugintoken_changelist"),
        )
    title = _("Delete “%s”?") % token.name
    return settings_page(
        request, "plugin_tokens/token_delete.html", title, token=token, form=form
    )


def _act(
    request: HttpRequest,
    service: Callable[..., Any],
    token: PluginToken,
    done: str,
    then: str = "",
    **arguments: Any,
) -> HttpResponse:
    try:
        service(
            token.public_id, actor=actor_of(request), at=timezone.now(), **arguments
        )
    except services.UnknownPluginToken:
        raise Http404 from None
    except ServiceRefusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done % token.name)
    return HttpResponseRedirect(then or _url(token.public_id))


def _saved(request: HttpRequest, token: PluginToken, form: DomainsForm) -> bool:
    try:
        services.replace_domains(
            token.public_id,
            domains=form.cleaned_data["domains"],
            expected_version=form.cleaned_data["version"],
            actor=actor_of(request),
            at=timezone.now(),
        )
    except InvalidFields as refusal:
        form.add_error("domains", str(refusal))
    except ServiceRefusal as refusal:
        form.add_refusal(refusal)
    else:
        return True
    return False


def _token_page(
    request: HttpRequest, token: PluginToken, form: DomainsForm, value: str = ""
) -> HttpResponse:
    try_form = TrySiteForm(request.GET if "site" in request.GET else None)
    audit = AuditEntry.objects.filter(subject_id=str(token.public_id))
    return settings_page(
        request,
        "plugin_tokens/token_page.html",
        token.name,
        token=token,
        form=form,
        value=value,
        try_form=try_form,
        is_let_in=_is_let_in(token, try_form),
        authorize_url=request.build_absolute_uri(reverse("api:plugin-authorize")),
        changes=audit.order_by("-at", "-pk")[:_LATEST_CHANGES],
    )


def _is_let_in(token: PluginToken, form: TrySiteForm) -> bool | None:
    """Ask the domain check as a visitor's browser would; None if not asked."""
    if not form.is_valid():
        return None
    known = [parse_domain(domain) for domain in token.domains]
    origin = origin_of_page(form.cleaned_data["site"])
    answer = allowed_site(known, origin, None)
    return not isinstance(answer, Refusal)


def _made_before(refusal: NonceUsed) -> PluginToken | None:
    """Return the plugin token that an earlier sending made, if it is one and still there."""
    try:
        made = UUID(refusal.subject_id)
    except ValueError:
        return None
    return PluginToken.objects.filter(public_id=made).first()


def _get(token_id: UUID) -> PluginToken:
    tokens = PluginToken.objects.select_related("location")
    token = tokens.filter(public_id=token_id).first()
    if token is None:
        raise Http404
    return token


def _url(token_id: UUID) -> str:
    return reverse("admin:apikeys_plugintoken_change", args=[token_id])
