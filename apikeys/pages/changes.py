"""What an audit entry changed: in a few words, and each value on demand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from apikeys.pages.display import exact, exact_text
from apikeys.permission_words import in_words

Changes = Mapping[str, Any]

_TEXT_CHARACTERS = 60
_OVERLAP = "overlap_ends_at"
_COUNTED: dict[str, Any] = {
    "domains": ngettext_lazy("%d domain", "%d domains"),
    "networks": ngettext_lazy("%d network", "%d networks"),
    "endpoints": ngettext_lazy("%d path", "%d paths"),
    "permissions": ngettext_lazy("%d permission", "%d permissions"),
    "roles": ngettext_lazy("%d role", "%d roles"),
}
_NAMES: dict[str, str | Promise] = {
    _OVERLAP: gettext_lazy("old token"),
    "endpoints": gettext_lazy("paths"),
}


def changes_in_short(changes: Changes, at: datetime) -> str:
    """Return `200 domains added, note`, for an entry that was written at a moment."""
    return ", ".join(
        text
        for name, (old, new) in changes.items()
        for text in _short(name, old, new, at)
    )


def changes_html(changes: Changes, at: datetime) -> SafeString | str:
    """Return what changed in a few words; the old and new values open without a script."""
    if not changes:
        return ""
    return format_html(
        '<details class="more"><summary>{}</summary>{}</details>',
        changes_in_short(changes, at),
        all_changes_html(changes, at),
    )


def all_changes_html(changes: Changes, at: datetime) -> SafeString:
    """Return the old and new value of each changed field as a list, however long."""
    return format_html_join(
        "",
        '<div class="change"><small>{}</small> {}</div>',
        (
            (_name(name), _change(name, old, new, at))
            for name, (old, new) in changes.items()
        ),
    )


def _short(name: str, old: Any, new: Any, at: datetime) -> Iterator[str]:
    if isinstance(old, list) or isinstance(new, list):
        yield from _deltas(name, old, new)
    elif name == _OVERLAP:
        yield f"{_name(name)} {_overlap(new, at)}"
    elif old is not None or new in (None, ""):
        yield str(_name(name))
    elif name != "name":
        # Of what was created; its name stands beside it.
        value = Truncator(_text(_moment(name, new))).chars(_TEXT_CHARACTERS)
        yield f"{_name(name)} {value}"


def _change(name: str, old: Any, new: Any, at: datetime) -> SafeString | str:
    if name == _OVERLAP:
        return _overlap(new, at)
    before, after = (_html(name, value) for value in (old, new))
    if old is None:
        return after
    if new is None and isinstance(old, list):
        # The field itself says that these were removed.
        return before
    return format_html("<del>{}</del> → <ins>{}</ins>", before, after)


def _deltas(name: str, old: Any, new: Any) -> Iterator[str]:
    """Yield how many values came, and how many went."""
    before, after = (set(map(str, values or [])) for values in (old, new))
    if after - before:
        yield _("%s added") % _count(name, len(after - before))
    if before - after:
        yield _("%s removed") % _count(name, len(before - after))


def _count(name: str, count: int) -> str:
    plain = name.removesuffix("_added").removesuffix("_removed")
    counted = _COUNTED.get(plain)
    return str(counted % count) if counted else f"{count} {_name(plain)}"


def _name(name: str) -> str:
    return str(_NAMES.get(name, name.replace("_", " ")))


def _overlap(ends_at: Any, at: datetime) -> str:
    """Say when an old token ends; of a rotation at once, that it had no overlap."""
    moment = parse_datetime(str(ends_at))
    if moment is None:
        return str(ends_at)
    if moment <= at:
        return _("ended at once")
    return _("ends %s") % exact_text(moment)


def _html(name: str, value: Any) -> SafeString | str:
    if name == "permissions" and isinstance(value, list):
        return "; ".join(in_words(map(str, value))) or _("none")
    moment = _moment(name, value)
    return exact(moment) if isinstance(moment, datetime) else _text(value)


def _moment(name: str, value: Any) -> Any:
    at = parse_datetime(value) if name.endswith("_at") and value else None
    return at or value


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return exact_text(value)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value) if value not in (None, "") else _("none")
