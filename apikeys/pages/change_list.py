"""The rows of a list: found once, counted to a bound, and shown page by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.admin.views.main import (
    ORDER_VAR,
    SEARCH_VAR,
    ChangeList,
    ChangeListSearchForm,
)
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.text import smart_split
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apikeys.pages.numbers import COUNT_LIMIT, count_text

SIZE_VAR = "rows"
# The number of the row after which the entries shown begin.
BEFORE_VAR = "before"
PAGE_SIZES = (25, 50, 100, 200)
QUERY_CHARACTERS = 200
QUERY_WORDS = 10
_BIGGEST_PK = 2**63 - 1
_QUERY_TOO_LONG = gettext_lazy(
    "Search for at most %(characters)d characters and %(words)d words."
)


def few_words(text: str) -> None:
    """Refuse a text that a database would search for too long, or not at all."""
    words = sum(1 for _word in smart_split(text))
    if words > QUERY_WORDS or len(text) > QUERY_CHARACTERS:
        bounds = {"characters": QUERY_CHARACTERS, "words": QUERY_WORDS}
        raise ValidationError(_QUERY_TOO_LONG, params=bounds)


class SearchForm(ChangeListSearchForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEARCH_VAR] = forms.CharField(
            required=False, strip=False, validators=[few_words]
        )


class BoundedChangeList(ChangeList):
    """A list that takes the same time with a hundred rows and with a million.

    One statement finds the numbers of at most `COUNT_LIMIT` rows, which are the pages
    and the count; a second one reads the rows of one page. In the list's own order
    the rows after those can be had by the number of the last one.
    """

    search_form_class = SearchForm
    query_characters = QUERY_CHARACTERS
    # A subclass of `lists.OwnFiltersOnly`, whose filters are of our own kind too.
    model_admin: Any
    filter_specs: list[Any]

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = super().get_filters_params(params)
        return {
            name: value
            for name, value in found.items()
            if name not in (SIZE_VAR, BEFORE_VAR)
        }

    def get_query_string(
        self, new_params: Mapping[str, Any] | None = None, remove: Any = None
    ) -> str:
        new = dict(new_params or {})
        if ORDER_VAR in new:
            # By one column, and from its first row.
            new |= {ORDER_VAR: str(new[ORDER_VAR]).split(".")[0], BEFORE_VAR: None}
        return super().get_query_string(new, remove)

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self._keep_one_order()
        # Django has said above the list what is wrong with the text.
        asked = request.GET.get(SEARCH_VAR, "")
        self.is_query_refused = bool(asked) and not self.query
        queryset = super().get_queryset(request, *args, **kwargs)
        # Not one that a form without a script sends empty.
        self.has_active_filters = any(spec.value() for spec in self.filter_specs)
        self.filter_notes = [
            note
            for spec in self.filter_specs
            if (note := spec.unknown_value_note()) is not None
        ]
        return queryset.none() if self.is_query_refused else queryset

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:
        """Let equal rows follow in the direction of the column, as an index has them."""
        ordering: list[Any] = super().get_ordering(request, queryset)
        if ordering[-1] == "-pk" and not str(ordering[0]).startswith("-"):
            ordering[-1] = "pk"
        return ordering

    def get_results(self, request: HttpRequest) -> None:
        self.page_size = self._page_size()
        start = self._start()
        window = self._after(start) if start else self.queryset
        numbers = list(window.values_list("pk", flat=True)[: COUNT_LIMIT + 1])
        self.is_later_window = start is not None
        self.has_more = len(numbers) > COUNT_LIMIT
        self.count_text = count_text(len(numbers))
        pages = Paginator(numbers[:COUNT_LIMIT], self.page_size)
        page = pages.page(min(max(self.page_num, 1), pages.num_pages))
        self.page, self.page_num, self.paginator = page, page.number, pages
        shown = list(page.object_list)
        self.result_list = list(self.queryset.filter(pk__in=shown)) if shown else []
        self.result_count = pages.count
        self.multi_page = pages.num_pages > 1
        # What Django's own templates ask for.
        self.show_full_result_count = self.can_show_all = False
        self.full_result_count = None
        self.show_admin_actions = False
        self.older = self._older(numbers)
        self.model_admin.complete_rows(request, self.result_list)

    @property
    def sort_choices(self) -> list[tuple[str, str]]:
        """Return each order that the list can take and its words, for a phone."""
        choices = []
        for index, name in enumerate(self.list_display):
            attribute = getattr(self.model_admin, str(name))
            if getattr(attribute, "admin_order_field", None):
                label = attribute.short_description
                choices.append((str(index), _("%s, ascending") % label))
                choices.append((f"-{index}", _("%s, descending") % label))
        return choices

    @property
    def size_choices(self) -> list[tuple[int, str]]:
        return [(size, self.get_query_string({SIZE_VAR: size})) for size in PAGE_SIZES]

    @property
    def has_choice_of_size(self) -> bool:
        return self.result_count > PAGE_SIZES[0]

    @property
    def row_names(self) -> tuple[Any, Any]:
        names = (self.opts.verbose_name, self.opts.verbose_name_plural)
        return self.model_admin.row_names or names

    @property
    def page_range(self) -> list[int | str]:
        if not self.multi_page:
            return []
        return list(
            self.paginator.get_elided_page_range(
                self.page_num, on_each_side=2, on_ends=1
            )
        )

    @property
    def position_text(self) -> str:
        """Return `51 to 100 of 1,000+ API keys`."""
        names = self.row_names[self.result_count != 1]
        if not self.multi_page and not self.is_later_window:
            return f"{self.count_text} {names}"
        values = {
            "first": number_format(self.page.start_index(), force_grouping=True),
            "last": number_format(self.page.end_index(), force_grouping=True),
            "count": self.count_text,
            "names": names,
        }
        if self.is_later_window:
            return _("%(first)s to %(last)s of %(count)s older %(names)s") % values
        return _("%(first)s to %(last)s of %(count)s %(names)s") % values

    def _keep_one_order(self) -> None:
        """Forget orders but the first: a text of 2,000 would be no statement at all."""
        if ORDER_VAR in self.params:
            first = self.params[ORDER_VAR].split(".")[0]
            self.params[ORDER_VAR] = first if self._is_column(first) else ""
            if not self.params[ORDER_VAR]:
                del self.params[ORDER_VAR]

    def _is_column(self, order: str) -> bool:
        return order in dict(self.sort_choices)

    def _page_size(self) -> int:
        try:
            size = int(self.params.get(SIZE_VAR, ""))
        except ValueError:
            return int(self.list_per_page)
        return size if size in PAGE_SIZES else int(self.list_per_page)

    def _own_order(self) -> tuple[str, ...] | None:
        """Return the columns of the list's own order if it stands and is descending."""
        columns: tuple[str, ...] = tuple(self.model_admin.ordering)
        if ORDER_VAR in self.params or not all(each[0] == "-" for each in columns):
            return None
        return tuple(each[1:] for each in columns)

    def _start(self) -> tuple[Any, ...] | None:
        """Return the order's values of the row after which to begin."""
        columns, before = self._own_order(), self.params.get(BEFORE_VAR, "")
        if columns is None or not (before.isascii() and before.isdecimal()):
            return None
        if int(before[:20]) > _BIGGEST_PK:
            return None
        row = self.model._base_manager.filter(pk=before).values_list(*columns).first()
        return tuple(row) if row else None

    def _after(self, start: tuple[Any, ...]) -> QuerySet[Any]:
        first, second = self._own_order() or ("", "")
        behind = Q(**{f"{first}__lt": start[0]}) | Q(
            **{first: start[0], f"{second}__lt": start[1]}
        )
        # The second condition says nothing new, but lets an index begin at its place.
        after: QuerySet[Any] = self.queryset.filter(
            behind, **{f"{first}__lte": start[0]}
        )
        return after

    def _older(self, numbers: list[Any]) -> str:
        """Return the query string of the rows after the last page of this window."""
        if not self.has_more or self._own_order() is None:
            return ""
        return self.get_query_string({BEFORE_VAR: numbers[COUNT_LIMIT - 1]})
