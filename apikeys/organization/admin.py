from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apikeys.audit.models import AuditEntry
from apikeys.changes.errors import ServiceRefusal
from apikeys.organization import services as role_services
from apikeys.organization.forms import RoleForm
from apikeys.organization.roles import is_built_in, permission_name
from apikeys.pages.cells import cell, linked
from apikeys.pages.display import pill
from apikeys.pages.lists import OwnFiltersOnly
from apikeys.pages.numbers import BoundedCount, count_text
from apikeys.pages.people import actor_of, may_look, may_manage
from apikeys.pages.typed import keeps, typed_values
from apikeys.permission_words import in_words

# Django's own pages for these write without audit trail and without the guard
# against privilege escalation.
admin.site.unregister(Group)

_LATEST_CHANGES = 8


@admin.register(Group)
class RoleAdmin(OwnFiltersOnly):
    """Roles, which people and keys hold alike. Built-in ones can only be looked at."""

    form = RoleForm
    change_form_template = "organization/role_page.html"
    fields = ("name", "permissions")
    readonly_fields = ("held",)
    list_display = ("role_name", "permission_count", "key_count", "person_count")
    search_fields = ("name",)
    search_help_text = gettext_lazy("Search name")
    ordering = ("name",)
    row_names = (gettext_lazy("role"), gettext_lazy("roles"))
    shows_times = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Of this screen alone: the words of the model itself would be a migration of
        # Django's own app.
        self.opts = copy(self.opts)
        self.opts.verbose_name = gettext_lazy("role")
        self.opts.verbose_name_plural = gettext_lazy("roles")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        roles: QuerySet[Group] = super().get_queryset(request)
        return roles.annotate(
            permission_total=_holders("permissions", "group"),
            key_total=_holders("keys", "role"),
            person_total=_holders("user_set", "group"),
        )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_look(request, "auth.view_group")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_manage(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_manage(request) and not (obj and is_built_in(obj.name))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    @keeps(RoleForm)
    def add_view(self, *args: Any, **kwargs: Any) -> Any:
        return super().add_view(*args, **kwargs)

    @keeps(RoleForm)
    def change_view(self, *args: Any, **kwargs: Any) -> Any:
        return super().change_view(*args, **kwargs)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        change_list: Any = super().get_changelist_instance(request)
        change_list.opts = self.opts
        return change_list

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None or self.has_change_permission(request, obj):
            return ("name", "permissions")
        return ("name", "held")

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.actor = actor_of(request)
        form.typed = typed_values(request, RoleForm)
        return form

    def save_model(
        self, request: HttpRequest, obj: Group, form: RoleForm, change: bool
    ) -> None:
        given = {
            "name": form.cleaned_data["name"],
            "permissions": form.cleaned_data["permissions"],
            "actor": actor_of(request),
            "at": timezone.now(),
        }
        if change:
            role_services.change_role(obj.pk, **given)
        else:
            obj.pk = role_services.create_role(**given).pk

    def save_related(self, *args: Any, **kwargs: Any) -> None:
        # The service has set the permissions, audited and checked.
        return

    def log_addition(self, *args: Any, **kwargs: Any) -> Any:
        return None

    log_change = log_deletions = log_addition

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        role_services.delete_role(obj.pk, actor=actor_of(request), at=timezone.now())

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # In our words: Django lists the rows between tables.
        (role,) = objs
        keys, people = role.keys.count(), role.user_set.count()
        protected = [str(role_services.RoleInUse(keys))] if keys else []
        doomed = [_("the role “%s”") % role.name, *_held(role), _lost_to(people)]
        return doomed, {}, set(), protected

    def response_add(self, request: HttpRequest, obj: Any, *args: Any) -> HttpResponse:
        return _to_the_list(request, _("The role “%s” is created."), obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        text = _("The role “%s” is saved. It applies to every call from now on.")
        return _to_the_list(request, text, obj)

    def response_delete(
        self, request: HttpRequest, obj_display: str, obj_id: int
    ) -> HttpResponse:
        return _to_the_list(request, _("The role “%s” is deleted."), obj_display)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request,
            {
                "title": _("Roles"),
                "subtitle": _(
                    "Named sets of permissions, held by people and by keys alike."
                ),
                "create_label": _("Create role"),
                **(extra_context or {}),
            },
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        role = self.get_object(request, object_id) if object_id else None
        context = {
            "heading": role.name if role else _("Create role"),
            "sub": _reach(role) if role else "",
            "subject_id": f"role {object_id}",
            "changes": _latest_changes(request, role),
            **(extra_context or {}),
        }
        with refusals_become_messages(request):
            return super().changeform_view(request, object_id, form_url, context)
        return HttpResponseRedirect(reverse("admin:auth_group_changelist"))

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with refusals_become_messages(request):
            return super().delete_view(request, *args, **kwargs)
        return HttpResponseRedirect(reverse("admin:auth_group_changelist"))

    @admin.display(description=gettext_lazy("Name"), ordering="name")
    def role_name(self, role: Group) -> SafeString:
        url = reverse("admin:auth_group_change", args=[role.pk])
        mark = pill(_("Built in"), "") if is_built_in(role.name) else ""
        return cell(linked(url, role.name, mark))

    @admin.display(description=gettext_lazy("Permissions"))
    def held(self, role: Group) -> SafeString | str:
        lines = ((line,) for line in _held(role))
        return format_html_join("", "<p>{}</p>", lines) or _("None")

    @admin.display(description=gettext_lazy("Permissions"), ordering="permission_total")
    def permission_count(self, role: Any) -> str:
        return count_text(role.permission_total)

    @admin.display(description=gettext_lazy("Keys"), ordering="key_total")
    def key_count(self, role: Any) -> str:
        return count_text(role.key_total)

    @admin.display(description=gettext_lazy("People"), ordering="person_total")
    def person_count(self, role: Any) -> str:
        return count_text(role.person_total)


def _holders(relation: str, column: str) -> BoundedCount:
    """Count what is on the other side of a relation of roles."""
    between: Any = getattr(Group, relation).through
    role = OuterRef("pk")
    # The same as "equal to". PostgreSQL, which plans for an average role, takes the
    # index for a range, and would read the whole table for each role that has none.
    rows = between._base_manager.filter(
        **{f"{column}__gte": role, f"{column}__lte": role}
    )
    return BoundedCount(rows)


def _reach(role: Any) -> str:
    if is_built_in(role.name):
        text = _("A built-in role: it comes with the product and cannot be changed.")
    else:
        text = _("What you change here applies to all who hold the role, at once.")
    return (
        text
        + " "
        + _("Held by keys: %(keys)s, by people: %(people)s.")
        % {
            "keys": count_text(role.key_total),
            "people": count_text(role.person_total),
        }
    )


def _held(role: Group) -> list[str]:
    """Return in words what a role holds."""
    permissions = role.permissions.select_related("content_type")
    return in_words(map(permission_name, permissions))


def _lost_to(people: int) -> str:
    if not people:
        return _("Nobody holds it.")
    return (
        ngettext(
            "%d person holds it and loses what it gives.",
            "%d people hold it and lose what it gives.",
            people,
        )
        % people
    )


def _latest_changes(request: HttpRequest, role: Group | None) -> list[AuditEntry]:
    if role is None or not may_look(request, "apikeys.view_auditentry"):
        return []
    entries = AuditEntry.objects.filter(subject_id=f"role {role.pk}")
    return list(entries.order_by("-at", "-pk")[:_LATEST_CHANGES])


def _to_the_list(request: HttpRequest, text: str, name: object) -> HttpResponse:
    messages.success(request, text % name)
    return HttpResponseRedirect(reverse("admin:auth_group_changelist"))


@contextmanager
def refusals_become_messages(request: HttpRequest) -> Iterator[None]:
    """Say what a service refused; what the form could not see, such as a race."""
    try:
        yield
    except ServiceRefusal as refusal:
        messages.error(request, str(refusal))
