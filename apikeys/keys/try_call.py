"""The question "would this call pass?", of a key as it is stored and as it is typed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.http import HttpRequest

from apikeys.access.client_ip import parse_address, parse_network
from apikeys.access.explanation import Explanation
from apikeys.access.paths import compile_pattern
from apikeys.access.rules import Grant
from apikeys.caching.reader import StateUnknown
from apikeys.keys.action_forms import TryCallForm
from apikeys.keys.authorize import explain_call
from apikeys.keys.cache import key_cache
from apikeys.keys.forms import EditKeyForm
from apikeys.keys.models import ApiKey
from apikeys.keys.values import KeySettings
from apikeys.pages.people import request_address

FORM_ID = "key-form"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to show. `stored` is that of the key as it stands, where it differs.

    `is_typed`: it judges what is typed and not saved yet.
    """

    shown: Explanation
    is_typed: bool = False
    stored: Explanation | None = None


def try_form(request: HttpRequest, *, is_editable: bool) -> TryCallForm:
    own = str(request_address(request) or "")
    return TryCallForm.of(
        request,
        form_id=FORM_ID if is_editable else "",
        initial={"method": "GET", "path": "/api/whoami", "address": own},
    )


def answer(
    key: ApiKey, form: TryCallForm, edited: EditKeyForm, at: datetime
) -> Answer | None:
    """Judge the call by what was typed, if it was sent along, else by what is stored.

    None where nothing was asked, or where it cannot be told: the typed settings are
    wrong, or the database is away.
    """
    if key.is_deleted or not form.is_valid():
        return None
    grant = _grant(key)
    if grant is None or (edited.is_bound and not edited.is_valid()):
        return None
    stored = _explain(grant, form, at)
    if not edited.is_bound or edited.settings() == KeySettings.of(key):
        return Answer(stored)
    typed = _explain(with_settings(grant, edited.settings()), form, at)
    differs = _code(typed) != _code(stored)
    return Answer(typed, is_typed=True, stored=stored if differs else None)


def with_settings(grant: Grant, settings: KeySettings) -> Grant:
    """Return what a key might do with other settings."""
    return replace(
        grant,
        name=settings.name,
        networks=tuple(map(parse_network, settings.networks)),
        endpoints=tuple(map(compile_pattern, settings.endpoints)),
        is_read_only=settings.read_only,
        accepts_parameters=settings.accepts_parameters,
    )


def _code(explanation: Explanation) -> str:
    return explanation.refusal.code if explanation.refusal else ""


def _grant(key: ApiKey) -> Grant | None:
    try:
        cached = key_cache.get(key.key_id)
    except StateUnknown:
        return None
    return cached.grant if cached else None


def _explain(grant: Grant, form: TryCallForm, at: datetime) -> Explanation:
    return explain_call(
        grant,
        method=form.cleaned_data["method"],
        path=form.cleaned_data["path"],
        address=parse_address(form.cleaned_data["address"]),
        at=at,
    )
