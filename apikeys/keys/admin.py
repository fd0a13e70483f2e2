from __future__ import annotations

from datetime import datetime
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apikeys.access.tokens import KEY_PREFIX
from apikeys.keys import secret_views, views
from apikeys.keys.filters import (
    ExpiryFilter,
    RestrictionFilter,
    StatusFilter,
    TypeFilter,
)
from apikeys.keys.list_cells import (
    expiry_line,
    origin_line,
    paths_line,
    status_line,
)
from apikeys.keys.models import ApiKey
from apikeys.pages.cells import Line, cell, linked
from apikeys.pages.change_list import BEFORE_VAR, BoundedChangeList
from apikeys.pages.display import ago, day
from apikeys.pages.lists import CredentialList
from apikeys.pages.numbers import count_text, count_up_to_limit
from apikeys.pages.people import may_manage

_PREFIX = f"{KEY_PREFIX}_"
_AS_IN_IDS = str.maketrans(ascii_lowercase, ascii_uppercase)


@admin.register(ApiKey)
class ApiKeyAdmin(CredentialList):
    """The keys list; everything about one key is a page of `keys.views`."""

    list_display = ("name_and_id", "may_call", "state", "last_used_ago", "created")
    list_filter = (TypeFilter, StatusFilter, RestrictionFilter, ExpiryFilter)
    search_fields = ("name", "key_id__contains")
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
        return ApiKey.objects.with_last_use().with_rotation(timezone.now())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        # As IDs are written, since folding the case of each row's ID takes as long as
        # all the rest. Names are found in any case.
        term = search_term.translate(_AS_IN_IDS).replace(_PREFIX.upper(), _PREFIX)
        return super().get_search_results(request, queryset, term)

    def navigation_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return ApiKey.objects.present()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        create_url = reverse("admin:apikeys_apikey_add") if may_manage(request) else ""
        response = super().changelist_view(
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
        if isinstance(response, TemplateResponse) and response.context_data:
            response.context_data |= self._deleted(request, response.context_data["cl"])
        return response

    def _deleted(self, request: HttpRequest, cl: BoundedChangeList) -> dict[str, Any]:
        """Return what to say of deleted keys, which the list passes over."""
        if cl.query and not cl.params.get(StatusFilter.parameter_name):
            return self._deleted_matches(request, cl)
        if cl.result_count or cl.query or cl.has_active_filters or cl.is_query_refused:
            return {}
        return _all_deleted(cl) if ApiKey.objects.exists() else {}

    def _deleted_matches(
        self, request: HttpRequest, cl: BoundedChangeList
    ) -> dict[str, Any]:
        rows: Any = ApiKey.objects.exclude(deleted_at=None)
        for spec in cl.filter_specs:
            if not isinstance(spec, StatusFilter):
                rows = spec.queryset(request, rows)
        rows, _duplicates = self.get_search_results(request, rows, cl.query)
        count = count_up_to_limit(rows)
        if not count:
            return {}
        text = ngettext("%s deleted key matches.", "%s deleted keys match.", count)
        return {
            "elsewhere": {
                "text": text % count_text(count),
                "url": _of_deleted(cl),
                "label": ngettext("Show it", "Show them", count),
            }
        }

    @admin.display(description=gettext_lazy("Key"), ordering="name")
    def name_and_id(self, key: ApiKey) -> SafeString:
        url = reverse("admin:apikeys_apikey_change", args=[key.key_id])
        return cell(linked(url, key.name), Line(key.key_id, level="mono"))

    @admin.display(description=gettext_lazy("May call"))
    def may_call(self, key: ApiKey) -> SafeString:
        return cell(paths_line(key), origin_line(key))

    @admin.display(description=gettext_lazy("Status, expires"), ordering="expires_at")
    def state(self, key: Any) -> SafeString:
        at = timezone.now()
        return cell(status_line(key, at), expiry_line(key, at))

    @admin.display(description=gettext_lazy("Last used"), ordering="last_used")
    def last_used_ago(self, key: Any) -> SafeString:
        return cell(
            ago(key.last_used) if key.last_used else _("Never"), key.last_address or ""
        )

    @admin.display(description=gettext_lazy("Created"), ordering="created_at")
    def created(self, key: ApiKey) -> SafeString:
        return cell(day(key.created_at), key.created_by)


def _all_deleted(cl: BoundedChangeList) -> dict[str, Any]:
    return {
        "empty_state": {
            "title": _("All keys are deleted"),
            "text": _("Their calls are refused for good; they stay for the record."),
            "link_url": _of_deleted(cl),
            "link_label": _("Show them"),
        }
    }


def _of_deleted(cl: BoundedChangeList) -> str:
    return cl.get_query_string({"status": "deleted", BEFORE_VAR: None})


def _list_notes(at: datetime) -> list[dict[str, str]]:
    open_keys = count_up_to_limit(ApiKey.objects.usable(at).open_to_any_address())
    if not open_keys:
        return []
    url = reverse("admin:apikeys_apikey_changelist")
    return [
        {
            "level": "warn",
            "strong": ngettext(
                "%s key accepts calls from any address.",
                "%s keys accept calls from any address.",
                open_keys,
            )
            % count_text(open_keys),
            "text": _("Lock each down to what it really uses."),
            "url": f"{url}?restriction=any-address&status=active",
            "label": ngettext("Show it", "Show them", open_keys),
        }
    ]
