"""What the tests of pages post, and what they read from the answers."""

from __future__ import annotations

import html
import re
import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection

from apikeys.audit.models import AuditEntry
from apikeys.caching.models import CacheVersion
from apikeys.changes.models import UsedNonce
from apikeys.keys.models import ApiKey, KeyRole, KeySecret
from apikeys.plugin_tokens.models import PluginToken
from tests.factories import full_access

KEYS = "/settings/apikeys/apikey/"
ADD = f"{KEYS}add/"
ROLES = "/settings/auth/group/"
AUDIT = "/settings/apikeys/auditentry/"

_ERROR_LIST = re.compile(r'<ul class="errorlist[^>]*>(.*?)</ul>', re.DOTALL)
_ERROR = re.compile(r"<li>(.*?)</li>", re.DOTALL)


# All tables that a change on these screens can touch, beside people.
TABLES = (
    *(ApiKey, KeySecret, KeyRole, PluginToken),
    *(Group, AuditEntry, UsedNonce, CacheVersion),
)


def page_of(key: ApiKey, part: str = "") -> str:
    return f"{KEYS}{key.key_id}/{part}"


def nonce() -> str:
    return secrets.token_urlsafe(24)


def issue_form(**given: Any) -> dict[str, Any]:
    """The create form of a v1 key, as a browser sends it."""
    form = {
        "name": "Billing",
        "key_type": "v1",
        "expires": "90",
        "expires_at": "",
        "roles": [str(full_access().pk)],
        "password": "",
        "networks": "10.0.0.0/8",
        "endpoints": "/api/egress/*",
        "public_url": "",
        "note": "",
        "nonce": nonce(),
        **given,
    }
    return {name: value for name, value in form.items() if value is not None}


def edit_form(key: ApiKey, **given: Any) -> dict[str, Any]:
    """The edit form as the key's page shows it."""
    form = {
        "name": key.name,
        "networks": ", ".join(key.networks),
        "endpoints": "\n".join(key.endpoints),
        "note": key.note,
        "version": str(key.version),
        **given,
    }
    return {name: value for name, value in form.items() if value is not None}


def rotate_form(key: ApiKey, **given: Any) -> dict[str, Any]:
    return {"overlap": "168", "version": str(key.version), "nonce": nonce(), **given}


def text_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def errors_beside_fields(response: Any) -> dict[str, list[str]]:
    """Every error on the page under the field beside which it stands.

    Those above all fields stand under the empty name.
    """
    first, *rest = re.split(r'data-field="(\w+)"', response.content.decode())
    parts = {"": first, **dict(zip(rest[::2], rest[1::2], strict=True))}
    found = {name: _errors(part) for name, part in parts.items()}
    return {name: errors for name, errors in found.items() if errors}


def _errors(part: str) -> list[str]:
    lists = "".join(_ERROR_LIST.findall(part))
    return [html.unescape(error) for error in _ERROR.findall(lists)]


def listed(response: Any) -> list[str]:
    """The names of the keys or roles in a list, in its order."""
    rows = re.findall(r"<b><a href=\"[^\"]+\">(.*?)</a></b>", response.content.decode())
    return [html.unescape(name) for name in rows]


def first_lines(response: Any, column: str) -> list[str]:
    """The text of the first line of each cell of a column, from top to bottom."""
    found = re.findall(
        rf'<td class="field-{column}">(?:<div[^>]*>)?<span class="l1[^>]*>(.*?)</span>'
        r'(?:</td>|<span class="l2|<details)',
        response.content.decode(),
    )
    return [html.unescape(re.sub(r"<[^>]+>", "", line)) for line in found]


def notes(response: Any) -> list[str]:
    """The messages and notes of a page, without their markup."""
    blocks = re.findall(
        r'<div class="note[^>]*>(.*?)</div>', response.content.decode(), re.DOTALL
    )
    return [
        " ".join(html.unescape(re.sub(r"<[^>]+>", " ", block)).split())
        for block in blocks
    ]


def shown_value(response: Any, element_id: str) -> str:
    """The text of the element that the token page offers to copy."""
    found = re.findall(
        rf'<code id="{element_id}"[^>]*>([^<]*)</code>', response.content.decode()
    )
    assert len(found) == 1
    return html.unescape(found[0])


def state() -> list[list[tuple[Any, ...]]]:
    """All that a change on these screens can touch, row by row."""
    people = get_user_model().objects.order_by("pk")
    rows: list[Any] = [people.values_list("pk", "password", "is_superuser", "groups")]
    rows += [model._default_manager.order_by("pk").values_list() for model in TABLES]
    rows.append(Group.permissions.through.objects.order_by("pk").values_list())
    return [list(table) for table in rows]


def database_dump() -> str:
    """Every value of every table, as text."""
    with connection.cursor() as cursor:
        dump = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            dump += cursor.fetchall()
    return repr(dump)
