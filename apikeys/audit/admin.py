from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apikeys.audit.filters import ActionFilter, ActorKindFilter, MomentFilter
from apikeys.audit.models import AuditEntry
from apikeys.audit.subjects import pages_of
from apikeys.pages.cells import Line, cell, linked
from apikeys.pages.changes import all_changes_html, changes_in_short
from apikeys.pages.display import to_the_second
from apikeys.pages.lists import OwnFiltersOnly
from apikeys.pages.people import may_look


@admin.register(AuditEntry)
class AuditEntryAdmin(OwnFiltersOnly):
    list_display = ("when", "what", "subject", "who", "from_address")
    row_names = (gettext_lazy("entry"), gettext_lazy("entries"))
    list_filter = (ActionFilter, ActorKindFilter, MomentFilter)
    search_fields = ("subject_id", "subject_name", "actor", "address")
    search_help_text = gettext_lazy("Search key, ID, person or address")
    ordering = ("-at", "-pk")

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

    def complete_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        pages = pages_of(request, {entry.subject_id for entry in rows})
        for entry in rows:
            entry.subject_page = pages.get(entry.subject_id, "")

    @admin.display(description=gettext_lazy("When"), ordering="at")
    def when(self, entry: AuditEntry) -> SafeString:
        return cell(to_the_second(entry.at))

    @admin.display(description=gettext_lazy("What"), ordering="action")
    def what(self, entry: AuditEntry) -> SafeString:
        return cell(entry.get_action_display())

    @admin.display(
        description=gettext_lazy("Of what, in short"), ordering="subject_name"
    )
    def subject(self, entry: Any) -> SafeString:
        return format_html(
            '<div class="brief">{}{}</div>', _subject_line(entry), _details(entry)
        )

    @admin.display(description=gettext_lazy("Who"), ordering="actor")
    def who(self, entry: AuditEntry) -> SafeString:
        kind = entry.get_actor_kind_display()
        shown = format_html("{} <small>{}</small>", entry.actor, kind)
        return cell(Line(shown, title=f"{entry.actor}, {kind}"))

    @admin.display(description=gettext_lazy("From"), ordering="address")
    def from_address(self, entry: AuditEntry) -> SafeString:
        if not entry.address:
            return cell("—")
        return cell(Line(format_html("<code>{}</code>", entry.address), entry.address))


def _subject_line(entry: Any) -> SafeString:
    """Return the name at the time, leading to the page of what is still there."""
    if entry.subject_page:
        return linked(entry.subject_page, entry.subject_name).html("l1")
    name = format_html("<b>{}</b>", entry.subject_name)
    return Line(name, title=entry.subject_name).html("l1")


def _details(entry: AuditEntry) -> SafeString:
    facts = [
        (_("ID"), format_html("<code>{}</code>", entry.subject_id)),
        (_("From"), entry.address or "—"),
        (_("Entry"), f"{entry.pk}, {entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"),
    ]
    return format_html(
        '<details class="more"><summary>{}</summary>{}<dl class="kv">{}</dl></details>',
        changes_in_short(entry.changes, entry.at) or _("Details"),
        all_changes_html(entry.changes, entry.at),
        format_html_join("", "<dt>{}</dt><dd>{}</dd>", facts),
    )
