"""Whether a name is taken: names that people read as the same are the same name."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from apikeys.access.names import folded_name
from apikeys.changes.errors import InvalidFields


def same_name(rows: QuerySet[Any], name: str, column: str = "name") -> str | None:
    """Return the name among the rows that reads as this one, if there is one.

    No database folds as Unicode does, so they are compared here; the constraints of
    the tables are the net under it.
    """
    wanted = folded_name(name)
    others = rows.order_by().values_list(column, flat=True)
    return next(
        (other for other in others.iterator() if folded_name(other) == wanted), None
    )


def refuse_taken_name(rows: QuerySet[Any], name: str, taken: str) -> None:
    """Raise `InvalidFields` where a row has the name; `taken` is the sentence for it."""
    other = same_name(rows, name)
    if other is not None:
        raise InvalidFields({"name": taken_text(taken, name, other)})


def taken_text(taken: str, name: str, other: str) -> str:
    """Return the sentence, with the other name where it is written in another way."""
    return taken if other == name else f"{taken.removesuffix('.')}, written “{other}”."
