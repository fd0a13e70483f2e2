"""Placeholders of other products' path templates, and the stars that they stand for."""

from __future__ import annotations

import re

# {id} ${id} {{id}} #{id}, <int:id>, [0-9]+ ([^/]+), :id, %s %(id)s
_PLACEHOLDER = re.compile(
    r"[$#]?\{+[^{}]*\}+|<[^<>]*>|\(?\[\^?\]?[^\]]*\][*+?]?\)?|(?<=/):\w+"
    r"|%(?:\(\w+\)s|[sd](?=/|$))"
)
# What is left of them in a segment, such as (?P*\d+) or a|b.
_PART = re.compile(r"[\[\]{}<>^|]|\(\?|\\[AbdDsSwWzZ.-]")
_WHOLE = re.compile(r"\(?\.[*+]\)?|\.{3,}|…|:.*")


def with_stars(path: str) -> str:
    """Return a pattern's path with `*` for each placeholder; without any as it is."""
    starred = _PLACEHOLDER.sub("*", path.removeprefix("^"))
    if path.startswith("^"):
        starred = starred.removesuffix("$")
    return re.sub(r"\*+", "*", "/".join(map(_segment, starred.split("/"))))


def _segment(text: str) -> str:
    return "*" if _PART.search(text) or _WHOLE.fullmatch(text) else text
