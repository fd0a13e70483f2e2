"""The OpenAPI document as values of a page: what may be called, with what, and what comes.

A page of our own and not Swagger's: it is read without a script, under the strict policy
of all pages, and nobody is asked to paste a token into it.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.urls import get_resolver
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from drf_spectacular.generators import SchemaGenerator

from apikeys.keys.routes import declared_routes
from apikeys.permission_words import one_in_words

Schema = Mapping[str, Any]

_JSON = "application/json"
# As a path of the URL conf has it, with or without a converter.
_CONVERTER = re.compile(r"<(?:[^>:]+:)?([^>]+)>")
_METHODS = ["get", "post", "put", "patch", "delete", "head", "options", "trace"]
_DEEPEST_EXAMPLE = 5
_BY_FORMAT = {
    "date-time": "2027-02-19T22:10:55Z",
    "date": "2027-02-19",
    "uuid": "6f1c1e1a-2f0b-4a6e-9d0c-0d5b7a1c9e42",
    "ipv4": "203.0.113.9",
    "uri": "https://example.com/",
    "email": "ada@example.com",
}
_BY_TYPE: Mapping[str, Any] = {"string": "text", "integer": 1, "number": 1.5}


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter or a field of a body. `place` is path, query, header or body."""

    name: str
    place: str
    kind: str
    is_required: bool
    text: SafeString


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    text: str
    example: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `needs` says in words what lets a call pass."""

    id: str
    method: str
    path: str
    summary: str
    text: SafeString
    needs: str
    values: tuple[Value, ...]
    curl: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    operations: tuple[Operation, ...]


def reference(base_url: str) -> list[Group]:
    """Return the operations of the API by their first tag, in the document's order.

    `base_url` is what the examples call.
    """
    reader = _Reader(_document(get_resolver()), base_url)
    groups: dict[str, list[Operation]] = {}
    for tag, operation in reader.operations():
        groups.setdefault(tag, []).append(operation)
    return [Group(label, tuple(found)) for label, found in groups.items()]


@lru_cache(maxsize=1)
def _document(resolver: Any) -> Schema:
    # It is the same for everybody until the process ends, and slow to make.
    generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]  # untyped
    document: Schema = generator.get_schema(request=None, public=True)
    return document


class _Reader:
    def __init__(self, document: Schema, base_url: str) -> None:
        self._document = document
        self._base_url = base_url
        self._needs = {
            _CONVERTER.sub(r"{\1}", route.text): route.declared or {}
            for route in declared_routes()
        }

    def operations(self) -> Iterator[tuple[str, Operation]]:
        for path, methods in self._document["paths"].items():
            for method in sorted(methods, key=_METHODS.index):
                found = methods[method]
                yield found["tags"][0], self._operation(path, method.upper(), found)

    def _operation(self, path: str, method: str, found: Schema) -> Operation:
        body = self._body(found)
        return Operation(
            id=found["operationId"],
            method=method,
            path=path,
            summary=found.get("summary", ""),
            text=_marked(found.get("description", "")),
            needs=self._what_it_needs(path, method, found),
            values=(*self._parameters(found), *self._fields(body)),
            curl=self._curl(path, method, found, body),
            answers=tuple(self._answers(found)),
        )

    def _what_it_needs(self, path: str, method: str, found: Schema) -> str:
        if not _is_for_keys(found):
            return _("No key: a plugin token, asked by a browser.")
        permission = self._needs.get(path, {}).get(method)
        if permission is None:
            return _("Any key.")
        return _("A key with a role that holds “%s”.") % one_in_words(permission)

    def _parameters(self, found: Schema) -> Iterator[Value]:
        for each in found.get("parameters", ()):
            yield Value(
                each["name"],
                each["in"],
                self._kind(each["schema"]),
                each.get("required", False),
                _marked(each.get("description", "")),
            )

    def _fields(self, body: Schema) -> Iterator[Value]:
        schema = self._resolved(body.get("schema", {}))
        required = schema.get("required", ())
        for name, each in schema.get("properties", {}).items():
            text = _marked(self._resolved(each).get("description", ""))
            yield Value(name, "body", self._kind(each), name in required, text)

    def _answers(self, found: Schema) -> Iterator[Answer]:
        for status, answer in sorted(found["responses"].items()):
            media: Schema = next(iter(answer.get("content", {}).values()), {})
            example = self._example_of(media) if media else None
            text = answer.get("description", "") or HTTPStatus(int(status)).phrase
            yield Answer(status, text, _as_json(example) if example else "")

    def _body(self, found: Schema) -> Schema:
        content = found.get("requestBody", {}).get("content", {})
        media: Schema = content.get(_JSON) or next(iter(content.values()), {})
        return media

    def _curl(self, path: str, method: str, found: Schema, body: Schema) -> str:
        words = ["curl"] + (["-X", method] if method != "GET" else [])
        if _is_for_keys(found):
            # In double quotes, so that the shell puts the token in.
            words.append('-H "Authorization: Bearer $API_TOKEN"')
        parts = [" ".join(words)]
        if body:
            parts += [
                f"-H {shlex.quote(f'Content-Type: {_JSON}')}",
                f"-d {shlex.quote(json.dumps(self._example_of(body), ensure_ascii=False))}",
            ]
        parts.append(shlex.quote(self._address(path, found)))
        return " \\\n  ".join(parts)

    def _address(self, path: str, found: Schema) -> str:
        query = {}
        for each in found.get("parameters", ()):
            example = _first_example(each) or each["schema"].get("example")
            if each["in"] == "path" and example:
                path = path.replace(f"{{{each['name']}}}", str(example))
            elif each["in"] == "query" and example:
                query[each["name"]] = example
        return f"{self._base_url}{path}" + (f"?{urlencode(query)}" if query else "")

    def _example_of(self, media: Schema) -> Any:
        given = _first_example(media)
        return self._example(media.get("schema", {})) if given is None else given

    def _example(self, schema: Schema, depth: int = 0) -> Any:
        """Make an example where the document has none."""
        schema = self._resolved(schema)
        if "example" in schema:
            return schema["example"]
        if schema.get("enum"):
            return schema["enum"][0]
        if depth == _DEEPEST_EXAMPLE:
            return None
        if schema.get("type") == "array":
            return [self._example(schema.get("items", {}), depth + 1)]
        if schema.get("type") == "object":
            return {
                name: self._example(each, depth + 1)
                for name, each in schema.get("properties", {}).items()
            }
        by_format = _BY_FORMAT.get(schema.get("format", ""))
        return by_format or _BY_TYPE.get(schema.get("type", ""), True)

    def _kind(self, schema: Schema) -> str:
        schema = self._resolved(schema)
        if "anyOf" in schema:
            kinds = [self._kind(each) for each in schema["anyOf"]]
            return _(" or ").join(dict.fromkeys(kinds))
        if schema.get("type") == "array":
            return _("list of %s") % self._kind(schema.get("items", {}))
        return str(schema.get("format") or schema.get("type") or _("any value"))

    def _resolved(self, schema: Schema) -> Schema:
        """Follow a reference to the document's components."""
        whole: Iterable[Schema] = schema.get("allOf", ()) or (schema,)
        merged: dict[str, Any] = {}
        for part in whole:
            name = part.get("$ref", "").rpartition("/")[2]
            merged |= self._document["components"]["schemas"][name] if name else part
        return merged


def _is_for_keys(found: Schema) -> bool:
    # An endpoint that asks for no credential has an empty one.
    return any(found.get("security", ()))


def _first_example(holder: Schema) -> Any:
    examples = holder.get("examples") or {}
    return next((each["value"] for each in examples.values()), holder.get("example"))


def _marked(text: str) -> SafeString:
    """Return a text whose `code` is marked as such; of Markdown we write no more."""
    parts = text.split("`")
    shapes = ("<code>{}</code>" if place % 2 else "{}" for place in range(len(parts)))
    return format_html("".join(shapes), *parts)


def _as_json(example: Any) -> str:
    return json.dumps(example, indent=2, ensure_ascii=False)
