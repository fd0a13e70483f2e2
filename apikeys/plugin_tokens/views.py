"""Pages of one plugin token: create, look, show, domains, replace, delete.

Its value is public by nature (it stands in the source of a page), so it may be
shown again; that it was shown stands in the audit trail.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from apikeys.audit.models import AuditEntry
from apikeys.changes.errors import InvalidFields, NonceUsed, ServiceRefusal
from apikeys.pages.actions import act, only_by_post
from apikeys.pages.forms import DeleteKeyForm
from apikeys.pages.people import actor_of, manager_required, may_look, may_manage
from apikeys.pages.questions import LastUse, Question
from apikeys.pages.shell import form_methods, settings_page
from apikeys.pages.typed import keeps, typed_values
from apikeys.plugin_tokens import services, try_site
from apikeys.plugin_tokens.forms import (
    CreatePluginTokenForm,
    EditPluginTokenForm,
    ReplaceValueForm,
)
from apikeys.plugin_tokens.last_use import plugin_token_last_use
from apikeys.plugin_tokens.models import PluginToken

_LATEST_CHANGES = 8


def _url(token_id: UUID) -> str:
    return reverse("admin:apikeys_plugintoken_change", args=[token_id])


@never_cache
@keeps(CreatePluginTokenForm)
@form_methods
@manager_required
def token_create(request: HttpRequest) -> HttpResponse:
    form = CreatePluginTokenForm(
        request.POST if request.method == "POST" else None,
        initial=typed_values(request, CreatePluginTokenForm),
    )
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
@keeps(EditPluginTokenForm)
@form_methods
def token_page(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Show a token to those who may look; save its form for those who may manage.

    A POST with `check` saves nothing and asks whether a site would be let in.
    """
    if not may_look(request, "apikeys.view_apikey"):
        raise PermissionDenied
    token = _get(token_id)
    form = EditPluginTokenForm(
        request.POST if request.method == "POST" else None,
        token=token,
        typed=typed_values(request, EditPluginTokenForm),
    )
    if request.method == "POST":
        if not may_manage(request):
            raise PermissionDenied
        is_sent = "check" not in request.POST and form.is_valid()
        if is_sent and _saved(request, token, form):
            messages.success(request, _("Saved. It holds in every page from now on."))
            return HttpResponseRedirect(_url(token_id))
    return _token_page(request, token, form)


@never_cache
@manager_required
@only_by_post(_url)
def token_show(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Show the value, which the audit trail remembers."""
    token = _get(token_id)
    form = EditPluginTokenForm(token=token)
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
        return act(
            request,
            services.replace_value,
            token_id,
            done=done % token.name,
            then=_url(token_id),
            nonce=form.cleaned_data["nonce"],
        )
    title = _("Replace the value of “%s”?") % token.name
    return settings_page(
        request, "plugin_tokens/token_replace.html", title, token=token, form=form
    )


@never_cache
@form_methods
@manager_required
def token_mark(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Ask, then let the token manage tokens; or take the mark away at once."""
    token = _get(token_id)
    if request.method != "POST" and not token.may_manage_tokens:
        question = _ask_to_mark(token)
        return question.page(request, question.form(request, token.version))
    return _mark(request, token_id)


@only_by_post(_url)
def _mark(request: HttpRequest, token_id: UUID) -> HttpResponse:
    to = request.POST.get("may_manage_tokens") == "on"
    done = _("“%s” may manage tokens.") if to else _("“%s” may not manage tokens.")
    return act(
        request,
        services.set_may_manage_tokens,
        token_id,
        done=done % _get(token_id).name,
        then=_url(token_id),
        to=to,
    )


def _ask_to_mark(token: PluginToken) -> Question:
    return Question(
        title=_("Let “%s” manage tokens?") % token.name,
        url=reverse("admin:apikeys_plugintoken_mark", args=[token.public_id]),
        back_url=_url(token.public_id),
        act_label=_("Let it manage tokens"),
        keep_label=_("Leave it as it is"),
        strong=_("The token is public."),
        text=_(
            "Everyone who reads it in the source of a page can list, change and delete"
            " the plugin tokens here, from any server, until you take the mark away."
            " Prefer an API key for that."
        ),
        uses=(LastUse(_("This token"), token.last_used_at),),
        sent=(("may_manage_tokens", "on"),),
    )


@never_cache
@form_methods
@manager_required
def token_delete(request: HttpRequest, token_id: UUID) -> HttpResponse:
    token = _get(token_id)
    form = DeleteKeyForm(
        request.POST if request.method == "POST" else None, name=token.name
    )
    if form.is_valid():
        return act(
            request,
            services.delete_plugin_token,
            token_id,
            done=_("“%s” is deleted. Pages that have it are no longer let in.")
            % token.name,
            then=reverse("admin:apikeys_plugintoken_changelist"),
        )
    title = _("Delete “%s”?") % token.name
    return settings_page(
        request, "plugin_tokens/token_delete.html", title, token=token, form=form
    )


def _saved(request: HttpRequest, token: PluginToken, form: EditPluginTokenForm) -> bool:
    try:
        services.update_plugin_token(
            token.public_id,
            name=form.cleaned_data["name"],
            domains=form.cleaned_data["domains"],
            expected_version=form.cleaned_data["version"],
            actor=actor_of(request),
            at=timezone.now(),
        )
    except InvalidFields as refusal:
        form.add_service_errors(refusal.errors)
    except ServiceRefusal as refusal:
        form.add_refusal(refusal)
    else:
        return True
    return False


def _token_page(
    request: HttpRequest, token: PluginToken, form: EditPluginTokenForm, value: str = ""
) -> HttpResponse:
    try_form = try_site.try_form(request, is_editable=may_manage(request))
    audit = AuditEntry.objects.filter(subject_id=str(token.public_id))
    return settings_page(
        request,
        "plugin_tokens/token_page.html",
        token.name,
        token=token,
        form=form,
        value=value,
        try_form=try_form,
        answer=try_site.answer(token, try_form, form),
        authorize_url=request.build_absolute_uri(reverse("api:plugin-authorize")),
        changes=audit.order_by("-at", "-pk")[:_LATEST_CHANGES],
    )


def _made_before(refusal: NonceUsed) -> PluginToken | None:
    """Return the plugin token that an earlier sending made, if it is one and still there."""
    try:
        made = UUID(refusal.subject_id)
    except ValueError:
        return None
    return PluginToken.objects.filter(public_id=made).first()


def _get(token_id: UUID) -> PluginToken:
    # Who decides by the last use must not see one that is up to a minute old.
    plugin_token_last_use.flush()
    tokens = PluginToken.objects.select_related("location")
    token = tokens.filter(public_id=token_id).first()
    if token is None:
        raise Http404
    return token
