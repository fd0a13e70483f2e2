"""Cells of lists: one line or two, each as wide as its column and cut there."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a cell. `title` is the whole of it, where it is markup.

    `level` is warn or bad, or mono for an ID or a path.
    """

    content: SafeString | str | Promise
    title: str = ""
    level: str = ""

    def html(self, place: str) -> SafeString:
        """Return the line as the first or second of its cell (`l1`, `l2`)."""
        level = f" is-{self.level}" if self.level else ""
        title = self.title or self._text()
        if not title:
            return format_html(
                '<span class="{}{}">{}</span>', place, level, self.content
            )
        return format_html(
            '<span class="{}{}" title="{}">{}</span>', place, level, title, self.content
        )

    def _text(self) -> str:
        return "" if isinstance(self.content, SafeString) else str(self.content)


def cell(first: Line | str, second: Line | str = "") -> SafeString:
    """Return a cell that no text makes wider or higher than its two lines."""
    shown = _line(first).html("l1")
    if not second:
        return shown
    return shown + _line(second).html("l2")


def linked(url: str, text: str, mark: SafeString | str = "") -> Line:
    """Return a line with the name of a row, which leads to its page."""
    link = format_html('<b><a href="{}">{}</a></b>', url, text)
    return Line(format_html("{} {}", link, mark) if mark else link, title=text)


def _line(given: Line | str) -> Line:
    return given if isinstance(given, Line) else Line(given)
