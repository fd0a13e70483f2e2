"""Counts as lists show them: bounded, and with their thousands apart."""

from __future__ import annotations

from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery
from django.utils.formats import number_format

# No page reads more rows than this to count them.
COUNT_LIMIT = 1_000


def count_up_to_limit(rows: QuerySet[Any], limit: int = COUNT_LIMIT) -> int:
    """Return how many rows there are; one more than the limit stands for any more."""
    return rows.order_by().values("pk")[: limit + 1].count()


def count_text(count: int, limit: int = COUNT_LIMIT) -> str:
    """Return `1,000+` for what is past the limit."""
    text = number_format(min(count, limit), force_grouping=True)
    return f"{text}+" if count > limit else text


class BoundedCount(Subquery):
    """The number of rows of a subquery, counted no further than the limit.

    A join would count every row of every list beside it.
    """

    template = "(SELECT COUNT(*) FROM (%(subquery)s) bounded)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any]) -> None:
        super().__init__(rows.order_by().values("pk")[: COUNT_LIMIT + 1])
