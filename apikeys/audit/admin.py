from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apikeys.audit.filters import ActionFilter, ActorKindFilter, MomentFilter
from apikeys.audit.models import AuditEntry
from apikeys.pages.display import changes_html, exact
from apikeys.pages.lists import OwnFiltersOnly
from apikeys.pages.people import may_look


@admin.register(AuditEntry)
class AuditEntryAdmin(OwnFiltersOnly):
    list_display = ("when", "who", "what", "subject", "details", "from_address")
    list_display_links = None
    list_filter = (ActionFilter, ActorKindFilter, MomentFilter)
    search_fields = ("subject_id", "subject_name", "actor", "address")
    search_help_text = gettext_lazy("Search key, ID, person or address")
    ordering = ("-at", "-pk")
    list_per_page = 50
    show_full_result_count = False
    actions = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_look(request, "apikeys.view_auditentry")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request,
            {
                "title": _("Audit trail"),
                "subtitle": _(
                    "Who did what to which credential, and who signed in. Entries are"
                    " written with the change itself and are never changed or deleted."
                ),
                "empty_state": {
                    "title": _("Nothing has happened yet"),
                    "text": _("Every change of a key or a role is written down here."),
                },
                **(extra_context or {}),
            },
        )

    @admin.display(description=gettext_lazy("When"), ordering="at")
    def when(self, entry: AuditEntry) -> SafeString:
        return exact(entry.at)

    @admin.display(description=gettext_lazy("Who"), ordering="actor")
    def who(self, entry: AuditEntry) -> SafeString:
        return format_html(
            "{}<br><small>{}</small>", entry.actor, entry.get_actor_kind_display()
        )

    @admin.display(description=gettext_lazy("What"), ordering="action")
    def what(self, entry: AuditEntry) -> str:
        return entry.get_action_display()

    @admin.display(description=gettext_lazy("Subject"), ordering="subject_name")
    def subject(self, entry: AuditEntry) -> SafeString:
        return format_html(
            "<b>{}</b><br><small>{}</small>", entry.subject_name, entry.subject_id
        )

    @admin.display(description=gettext_lazy("Changes"))
    def details(self, entry: AuditEntry) -> SafeString | str:
        return changes_html(entry.changes)

    @admin.display(description=gettext_lazy("From"), ordering="address")
    def from_address(self, entry: AuditEntry) -> SafeString | str:
        return format_html("<code>{}</code>", entry.address) if entry.address else "—"
