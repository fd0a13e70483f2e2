from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apikeys.keys import secret_views, views
from apikeys.keys.filters import (
    ExpiryFilter,
    RestrictionFilter,
    StatusFilter,
    TypeFilter,
)
from apikeys.keys.models import ApiKey
from apikeys.pages.display import ago, day, pill
from apikeys.pages.lists import CredentialList
from apikeys.pages.people import may_manage

_PATTERNS_SHOWN = 1


@admin.register(ApiKey)
class ApiKeyAdmin(CredentialList):
    """The keys list; everything about one key is a page of `keys.views`."""

    list_display = (
        "name_and_id",
        "type_label",
        "status_pill",
        "restrictions",
        "last_used_ago",
        "expires",
    )
    list_filter = (TypeFilter, StatusFilter, RestrictionFilter, ExpiryFilter)
    search_fields = ("name", "key_id")
    search_help_text = gettext_lazy("Search name or key ID")

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("", self.changelist_view, "changelist"),
            self.page("add/", secret_views.key_create, "add"),
            self.page("<str:key_id>/", views.key_page, "change"),
            self.page("<str:key_id>/rotate/", secret_views.key_rotate, "rotate"),
            self.page(
                "<str:key_id>/cancel-rotation/", views.key_cancel_rotation, "cancel"
            ),
            self.page("<str:key_id>/end-rotation/", views.key_end_rotation, "end"),
            self.page("<str:key_id>/password/", secret_views.key_password, "password"),
            self.page("<str:key_id>/deactivate/", views.key_deactivate, "deactivate"),
            self.page("<str:key_id>/activate/", views.key_activate, "activate"),
            self.page("<str:key_id>/delete/", views.key_delete, "delete"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return ApiKey.objects.with_last_use()

    def navigation_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return ApiKey.objects.present()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        create_url = reverse("admin:apikeys_apikey_add") if may_manage(request) else ""
        return super().changelist_view(
            request,
            {
                "title": _("API keys"),
                "subtitle": _(
                    "Credentials that let other systems call this CRM. A key sees only"
                    " what its type, roles and restrictions allow."
                ),
                "list_notes": _list_notes(timezone.now()),
                "create_label": _("Create API key"),
                "create_url": create_url,
                "create_in_dialog": True,
                "empty_state": {
                    "title": _("No API keys yet"),
                    "text": _(
                        "Create one for each application that calls this CRM. You see"
                        " its token once, right after creating it."
                    ),
                    "action_url": create_url,
                    "action_label": _("Create API key"),
                },
                **(extra_context or {}),
            },
        )

    @admin.display(description=gettext_lazy("Name"), ordering="name")
    def name_and_id(self, key: ApiKey) -> SafeString:
        return format_html(
            '<b><a href="{}">{}</a></b><br><small>ID {}…</small>',
            reverse("admin:apikeys_apikey_change", args=[key.key_id]),
            key.name,
            key.key_id[:7],
        )

    @admin.display(description=gettext_lazy("Type"), ordering="key_type")
    def type_label(self, key: ApiKey) -> str:
        return key.get_key_type_display()

    @admin.display(description=gettext_lazy("Status"))
    def status_pill(self, key: ApiKey) -> SafeString:
        return pill(*key.status(timezone.now()))

    @admin.display(description=gettext_lazy("Restrictions"))
    def restrictions(self, key: ApiKey) -> SafeString:
        return format_html_join(" · ", "{}", ((part,) for part in _restrictions(key)))

    @admin.display(description=gettext_lazy("Last used"), ordering="last_used")
    def last_used_ago(self, key: Any) -> SafeString | str:
        return ago(key.last_used) if key.last_used else _("Never")

    @admin.display(description=gettext_lazy("Expires"), ordering="expires_at")
    def expires(self, key: ApiKey) -> SafeString | str:
        return day(key.expires_at) if key.expires_at else _("Never")


def _restrictions(key: ApiKey) -> list[SafeString | str]:
    parts: list[SafeString | str] = []
    if key.networks:
        count = len(key.networks)
        parts.append(ngettext("%d network", "%d networks", count) % count)
    else:
        parts.append(pill(_("Open to any address"), "warn"))
    if key.endpoints:
        parts.append(format_html("<code>{}</code>", key.endpoints[0]))
        more = len(key.endpoints) - _PATTERNS_SHOWN
        if more:
            parts.append(ngettext("%d more path", "%d more paths", more) % more)
    else:
        parts.append(_("All endpoints"))
    if key.read_only:
        parts.append(pill(_("Read only"), ""))
    if key.password:
        parts.append(_("password"))
    return parts


def _list_notes(at: datetime) -> list[dict[str, str]]:
    open_keys = ApiKey.objects.usable(at).open_to_any_address().count()
    if not open_keys:
        return []
    url = reverse("admin:apikeys_apikey_changelist")
    return [
        {
            "level": "warn",
            "strong": ngettext(
                "%d key accepts calls from any address.",
                "%d keys accept calls from any address.",
                open_keys,
            )
            % open_keys,
            "text": _("Lock each down to what it really uses."),
            "url": f"{url}?restriction=any-address&status=active",
            "label": ngettext("Show it", "Show them", open_keys),
        }
    ]
