"""What the lists of the Settings screens have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.functional import Promise

from apikeys.pages.change_list import BoundedChangeList
from apikeys.pages.people import may_look, may_manage


class OwnFiltersOnly(admin.ModelAdmin):
    """A list that its address can narrow by its own filters and by nothing else.

    The stock admin takes a lookup on any column, so that a reader could guess what
    the list never shows (the digest of a password) from left to right.
    """

    # One row and several of them, if the model's own names do not say it.
    row_names: tuple[Promise, Promise] | None = None
    shows_times = True
    list_display_links = None
    list_per_page = 50
    show_full_result_count = False
    # Their address would count the rows of every choice of every filter.
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def get_changelist(
        self, request: HttpRequest, **kwargs: Any
    ) -> type[BoundedChangeList]:
        return BoundedChangeList

    def complete_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Read what else the rows of one page show, all at once."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # All filters here are of our own kind and have a name.
        names = (getattr(own, "parameter_name", "") for own in self.list_filter)
        return lookup in names

    def history_view(self, *args: Any, **kwargs: Any) -> NoReturn:
        # Django's own history stays empty; the audit trail has it all.
        raise Http404


class CredentialList(OwnFiltersOnly):
    """The list of one kind of credential; pages of one credential are views.

    Who may see keys sees all credentials, and who may manage APIs manages them.
    """

    ordering = ("-created_at", "-pk")

    def page(
        self, route: str, view: Callable[..., HttpResponseBase], name: str
    ) -> URLPattern:
        """Mount a view behind the sign-in, named `<app>_<model>_<name>`."""
        guarded: Any = self.admin_site.admin_view(view)
        opts = self.opts
        pattern: URLPattern = path(
            route, guarded, name=f"{opts.app_label}_{opts.model_name}_{name}"
        )
        return pattern

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_look(request, "apikeys.view_apikey")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_manage(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_manage(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_manage(request)
