from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apikeys.pages.cells import Line, cell, linked
from apikeys.pages.display import ago, day, pill
from apikeys.pages.lists import CredentialList
from apikeys.pages.people import may_manage
from apikeys.plugin_tokens import views
from apikeys.plugin_tokens.filters import ManagingFilter
from apikeys.plugin_tokens.models import PluginToken

_DOMAINS_SHOWN = 2


@admin.register(PluginToken)
class PluginTokenAdmin(CredentialList):
    """The plugin tokens list; everything about one is a page of `views.plugin_tokens`."""

    list_display = ("name_link", "domain_list", "place", "created", "last_used")
    # As their index has it.
    ordering = ("-created_at", "-public_id")
    list_filter = (ManagingFilter,)
    list_select_related = ("location",)
    search_fields = ("name", "domains")
    search_help_text = gettext_lazy("Search name or domain")

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("", self.changelist_view, "changelist"),
            self.page("add/", views.token_create, "add"),
            self.page("<uuid:token_id>/", views.token_page, "change"),
            self.page("<uuid:token_id>/show/", views.token_show, "show"),
            self.page("<uuid:token_id>/replace/", views.token_replace, "replace"),
            self.page("<uuid:token_id>/managing/", views.token_mark, "mark"),
            self.page("<uuid:token_id>/delete/", views.token_delete, "delete"),
        ]

    def navigation_queryset(self, request: HttpRequest) -> QuerySet[PluginToken]:
        return PluginToken.objects.all()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        name = "admin:apikeys_plugintoken_add"
        create_url = reverse(name) if may_manage(request) else ""
        return super().changelist_view(
            request,
            {
                "title": _("Plugin tokens"),
                "subtitle": _(
                    "Tokens of editors embedded in pages. They are public and let in"
                    " only pages of their domains."
                ),
                "create_label": _("Create plugin token"),
                "create_url": create_url,
                "create_in_dialog": True,
                "empty_state": {
                    "title": _("No plugin tokens yet"),
                    "text": _(
                        "Create one for each tenant or site that embeds the editor,"
                        " with the domains it runs on."
                    ),
                    "action_url": create_url,
                    "action_label": _("Create plugin token"),
                },
                **(extra_context or {}),
            },
        )

    @admin.display(description=gettext_lazy("Name"), ordering="name")
    def name_link(self, token: PluginToken) -> SafeString:
        url = reverse("admin:apikeys_plugintoken_change", args=[token.public_id])
        return cell(linked(url, token.name), _right(token))

    @admin.display(description=gettext_lazy("Domains"))
    def domain_list(self, token: PluginToken) -> SafeString:
        count = len(token.domains)
        return cell(
            ngettext("%d domain", "%d domains", count) % count,
            ", ".join(token.domains[:_DOMAINS_SHOWN])
            + ("…" if count > _DOMAINS_SHOWN else ""),
        )

    @admin.display(description=gettext_lazy("Location"))
    def place(self, token: PluginToken) -> SafeString:
        return cell(token.location.name if token.location else _("Agency"))

    @admin.display(description=gettext_lazy("Created"), ordering="created_at")
    def created(self, token: PluginToken) -> SafeString:
        return cell(day(token.created_at), token.created_by)

    @admin.display(description=gettext_lazy("Last used"), ordering="last_used_at")
    def last_used(self, token: PluginToken) -> SafeString:
        return cell(ago(token.last_used_at) if token.last_used_at else _("Never"))


def _right(token: PluginToken) -> Line | str:
    if not token.may_manage_tokens:
        return ""
    return Line(pill(_("Manages tokens"), "warn"))
