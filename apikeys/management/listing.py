"""Lists on standard output: aligned for people, plain for other programs."""

from __future__ import annotations

import csv
import json
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from unicodedata import combining, east_asian_width

from django.core.management.base import CommandParser
from django.utils import timezone

from apikeys.management.operator_command import OperatorCommand, counted, printable

Record = dict[str, Any]


class ListCommand(OperatorCommand):
    """A command that prints records; subclasses say which, and which columns.

    On a terminal it prints a table, elsewhere lines with tabs and no header.
    """

    thing: ClassVar[str]
    things: ClassVar[str] = ""
    fields: ClassVar[tuple[str, ...]]
    # Those of them that a person wants to see, the one of any length last.
    columns: ClassVar[tuple[str, ...]]
    # What stands in a table or a line where a field is empty.
    empty: ClassVar[dict[str, str]] = {}

    @abstractmethod
    def records(self, options: dict[str, Any]) -> list[Record]: ...

    def table_cell(self, column: str, value: Any) -> str:
        return _text(value)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--format",
            choices=["table", "lines", "csv", "json"],
            help="table (default on a terminal), lines with tabs (default elsewhere),"
            " csv or json; the last two have every field.",
        )
        parser.add_argument(
            "--json",
            action="store_const",
            const="json",
            dest="format",
            help="The same as --format json.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        records = self.records(options)
        writers = {
            "table": self._write_table,
            "lines": self._write_lines,
            "csv": self._write_csv,
            "json": self._write_json,
        }
        form = options["format"] or ("table" if self.stdout.isatty() else "lines")
        writers[form](records)
        self.stdout.flush()
        if form in ("table", "lines"):
            text = counted(len(records), self.thing, self.things)
            if form == "table" and any(name.endswith("_at") for name in self.columns):
                text += f", times in {timezone.get_current_timezone_name()}"
            self.say(text)

    def _write_json(self, records: list[Record]) -> None:
        self.stdout.write(json.dumps(records, indent=2))

    def _write_csv(self, records: list[Record]) -> None:
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow(self.fields)
        for record in records:
            writer.writerow(_text(record[name]) for name in self.fields)

    def _write_lines(self, records: list[Record]) -> None:
        for record in records:
            cells = (_text(record[name]) or self._empty(name) for name in self.columns)
            self.stdout.write("\t".join(map(printable, cells)))

    def _write_table(self, records: list[Record]) -> None:
        if not records:
            return
        rows = [
            [
                name.removesuffix("_at").replace("_", " ").upper()
                for name in self.columns
            ]
        ]
        rows += [
            [
                printable(self.table_cell(name, record[name]) or self._empty(name))
                for name in self.columns
            ]
            for record in records
        ]
        for line in _aligned(rows):
            self.stdout.write(line)

    def _empty(self, column: str) -> str:
        return self.empty.get(column, "")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell + " " * (width - _width(cell))
            for cell, width in zip(row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    return sum(
        0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1
        for each in text
    )
