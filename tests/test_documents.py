"""What README and docs/ say, against the code: links, commands, settings, codes, answers."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.management import get_commands

from apikeys.access import refusals
from apikeys.access.key_types import KEY_TYPES
from apikeys.access.refusals import all_refusals
from apikeys.keys import forms as key_forms
from apikeys.plugin_tokens import forms as plugin_token_forms
from tests.factories import IssuedFactory

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {page.name: page.read_text() for page in PAGES}
ENV_EXAMPLE = (ROOT / ".env.example").read_text()
SETTINGS = (ROOT / "config" / "settings.py").read_text()

_LINK = re.compile(r"\]\(([^)#:]*)(?:#([^)]+))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_READ = re.compile(r'\benv\.\w+\(\s*"([A-Z_]+)"')


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    lost = []
    for path, anchor in _LINK.findall(page.read_text()):
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            lost.append((path, anchor))

    assert lost == []


def _anchors(page: Path) -> set[str]:
    headings = _HEADING.findall(page.read_text())
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")
        for heading in headings
    }


@pytest.mark.parametrize("name", TEXTS)
def test_commands_exist(name):
    named = set(re.findall(r"manage\.py ([a-z_]+)", TEXTS[name])) - {"help"}

    assert named - set(get_commands()) == set()


def test_every_setting_stands_in_the_table_and_in_the_example():
    read = set(_READ.findall(SETTINGS)) - {"ENV_FILE"}
    table = TEXTS["operations.md"].split("### Environment")[1].split("\n### ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    shown = set(re.findall(r"^#? ?([A-Z_]+)=", ENV_EXAMPLE, re.MULTILINE))

    assert listed == read
    assert shown - {"ENV_FILE"} == read


def test_every_code_of_a_refusal_stands_in_the_conditions():
    text = TEXTS["security.md"].split("## Credentials")[0]

    codes = set(re.findall(r"`([a-z]+_[a-z_]+)`", text))

    assert {refusal.code for refusal in all_refusals()} <= codes


def test_statuses_of_the_conditions_are_those_of_the_code():
    rows = re.findall(
        r"\| `([a-z_]+)` \| (\d+) \| (\d+) \|$", TEXTS["security.md"], re.MULTILINE
    )
    told = {code: (int(status), int(gate)) for code, status, gate in rows}
    true = {each.code: (each.status, each.gate_status) for each in all_refusals()}

    assert len(told) > 10
    assert told == {code: true[code] for code in told}


def test_packages_of_the_architecture_exist():
    table = TEXTS["architecture.md"].split("## The life of a call")[0]
    named = re.findall(r"`((?:config|webservice_users|apikeys)[\w.]*)`", table)

    assert len(named) > 10
    assert [name for name in named if find_spec(name) is None] == []


def _json_after(text: str, mark: str) -> dict[str, object]:
    """Return the first JSON object that follows a mark in a text."""
    start = text.index("{", text.index(mark))
    found, _end = json.JSONDecoder().raw_decode(text[start:].replace("\n ", " "))
    assert isinstance(found, dict)
    return found


def _problem(client, issued, method, path):
    headers = {"Authorization": f"Bearer {issued.token.text}"}
    return client.generic(method, path, headers=headers).json()


@pytest.mark.django_db
def test_answer_of_whoami_is_as_told(client):
    told = _json_after(TEXTS["integrators.md"], "/api/whoami")
    issued = IssuedFactory(
        fields__name=told["name"], fields__networks=(), fields__endpoints=()
    )

    answer = _problem(client, issued, "GET", "/api/whoami")

    assert list(told) == list(answer)
    varying = {"id", "expires_at"}
    assert {name: told[name] for name in told if name not in varying} == {
        name: answer[name] for name in answer if name not in varying
    }


@pytest.mark.django_db
def test_refused_endpoint_is_as_told(client):
    told = _json_after(TEXTS["integrators.md"], "-X POST -H")
    issued = IssuedFactory(fields__endpoints=("GET /api/ingress/*",))

    assert told == _problem(client, issued, "POST", "/api/ingress/leads")


@pytest.mark.django_db
def test_refused_address_is_as_told(client):
    told = _json_after(TEXTS["README.md"], "The same call is refused")
    issued = IssuedFactory(fields__networks=("10.0.0.0/8",))

    assert told == _problem(client, issued, "GET", "/api/whoami")


def test_nothing_is_said_of_what_does_not_exist():
    """No mails, no users of key types, no list without an end."""
    modules = (key_forms, plugin_token_forms)
    told = [
        str(field.help_text)
        for module in modules
        for form in vars(module).values()
        for field in getattr(form, "base_fields", {}).values()
    ]
    assert len(told) > 20
    told += [kind.summary for kind in KEY_TYPES.values()]

    ahead = re.compile(
        r"as many as you like|e-?mail|\busers?\b|consent forms|HTTP Basic"
    )
    assert [text for text in told if ahead.search(text)] == []


def test_basic_is_named_where_it_is_accepted():
    assert "HTTP Basic" in refusals.CREDENTIALS_MISSING.detail
    assert "curl -u" in TEXTS["integrators.md"]
