"""The Settings shell: Django's admin site with the product's own navigation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from apikeys.organization.forms import OwnPasswordForm, SignInForm
from apikeys.organization.views import OwnPasswordView, SignInView
from apikeys.pages.actions import only_by_post
from apikeys.pages.numbers import count_text, count_up_to_limit
from apikeys.pages.typed import over_sign_in

# A navigation count reads at most this many rows and one more.
COUNT_LIMIT = 99


@dataclass(frozen=True, slots=True)
class Entry:
    """What may stand in the navigation: the list of a model, or a named view."""

    label: str | Promise
    model: str = ""
    view: str = ""
    permission: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the navigation and its entries, in the order shown."""

    label: str | Promise
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """An entry that this person may open, as the templates need it."""

    section: str | Promise
    label: str | Promise
    url: str
    count: str
    is_current: bool


SECTIONS = (
    Section(
        gettext_lazy("API"),
        (
            Entry(gettext_lazy("API keys"), model="apikeys.ApiKey"),
            Entry(gettext_lazy("Plugin tokens"), model="apikeys.PluginToken"),
            Entry(
                gettext_lazy("API reference"),
                view="api:docs",
                permission="apikeys.view_apikey",
            ),
        ),
    ),
    Section(
        gettext_lazy("Organization"),
        (
            Entry(gettext_lazy("Roles"), model="auth.Group"),
            Entry(gettext_lazy("Audit trail"), model="apikeys.AuditEntry"),
        ),
    ),
)


class SettingsSite(admin.AdminSite):
    site_title = gettext_lazy("Settings")
    site_header = gettext_lazy("Settings")
    index_title = gettext_lazy("Settings")
    site_url = None
    # The stock side bar lists every model; the shell has its own navigation.
    enable_nav_sidebar = False
    login_form = SignInForm
    password_change_template = "admin/password_change_form.html"  # noqa: S105 - a path
    password_change_done_template = "admin/password_change_done.html"  # noqa: S105 - a path
    logout_template = "admin/logged_out.html"

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        links = self._links(request)
        return {
            **super().each_context(request),
            "navigation": links,
            "here": next((link for link in links if link.is_current), None),
        }

    # Django names its own views in these two, so they are mounted anew.

    @method_decorator(never_cache)
    @method_decorator(login_not_required)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        index = reverse("admin:index", current_app=self.name)
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(index)
        context = {
            **self.each_context(request),
            "title": _("Sign in"),
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            **(extra_context or {}),
        }
        if not {REDIRECT_FIELD_NAME} & {*request.GET, *request.POST}:
            context[REDIRECT_FIELD_NAME] = index
        request.current_app = self.name
        view = SignInView.as_view(
            authentication_form=self.login_form,
            template_name="admin/login.html",
            extra_context=context,
        )
        return view(request)  # type: ignore[return-value]  # typed as its base

    def password_change(  # type: ignore[override]  # the stubs know only the form
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        request.current_app = self.name
        view = OwnPasswordView.as_view(
            form_class=OwnPasswordForm,
            template_name=self.password_change_template,
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return view(request)  # type: ignore[return-value]  # typed as its base

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        guarded = super().admin_view(view, cacheable)
        return over_sign_in(view, guarded, self.has_permission)

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        def index(**_arguments: Any) -> str:
            return reverse("admin:index", current_app=self.name)

        sign_out = only_by_post(index)(super().logout)
        return sign_out(request, extra_context=extra_context)

    def index(  # type: ignore[override]  # the stubs know only the stock page
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go to the first page that this person may open, or say that there is none."""
        links = self._links(request)
        if links:
            return HttpResponseRedirect(links[0].url)
        title = _("Nothing here for your account")
        return super().index(request, {"title": title, **(extra_context or {})})

    def app_index(  # type: ignore[override]  # the stubs know only the stock page
        self,
        request: HttpRequest,
        app_label: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:index", current_app=self.name))

    def _links(self, request: HttpRequest) -> list[Link]:
        if not self.has_permission(request):
            return []
        return list(self._permitted(request))

    def _permitted(self, request: HttpRequest) -> Iterator[Link]:
        admins = {model._meta.label: found for model, found in self._registry.items()}
        for section in SECTIONS:
            for entry in section.entries:
                model_admin = admins.get(entry.model)
                url = self._url(request, entry, model_admin)
                if url:
                    yield Link(
                        section=section.label,
                        label=entry.label,
                        url=url,
                        count=_count(request, model_admin),
                        is_current=request.path.startswith(url),
                    )

    def _url(
        self,
        request: HttpRequest,
        entry: Entry,
        model_admin: admin.ModelAdmin[Any] | None,
    ) -> str:
        """Return where an entry leads, or "" if it is not for this person."""
        if model_admin is None:
            return _view_url(request, entry)
        if not model_admin.has_view_or_change_permission(request):
            return ""
        opts = model_admin.opts
        name = f"admin:{opts.app_label}_{opts.model_name}_changelist"
        return reverse(name, current_app=self.name)


def _view_url(request: HttpRequest, entry: Entry) -> str:
    if not entry.view or not request.user.has_perm(entry.permission):
        return ""
    try:
        return reverse(entry.view)
    except NoReverseMatch:
        return ""


def _count(request: HttpRequest, model_admin: admin.ModelAdmin[Any] | None) -> str:
    """Count the rows of an admin that offers `navigation_queryset(request)`.

    Bounded, so that the navigation costs the same with a million rows.
    """
    queryset = getattr(model_admin, "navigation_queryset", None)
    if queryset is None:
        return ""
    count = count_up_to_limit(queryset(request), COUNT_LIMIT)
    return count_text(count, COUNT_LIMIT)
