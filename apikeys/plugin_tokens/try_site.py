"""The question "would this site be let in?", of domains as stored and as typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest

from apikeys.access.refusals import Refusal
from apikeys.plugin_tokens.domains import origin_of_page, parse_domain
from apikeys.plugin_tokens.forms import EditPluginTokenForm, TrySiteForm
from apikeys.plugin_tokens.models import PluginToken
from apikeys.plugin_tokens.rules import allowed_site

FORM_ID = "token-form"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to show; `is_typed`: it judges what is typed and not saved yet."""

    is_let_in: bool
    is_typed: bool = False
    stored: bool | None = None


def try_form(request: HttpRequest, *, is_editable: bool) -> TrySiteForm:
    return TrySiteForm.of(request, form_id=FORM_ID if is_editable else "")


def answer(
    token: PluginToken, form: TrySiteForm, edited: EditPluginTokenForm
) -> Answer | None:
    """Ask the domain check as a visitor's browser would.

    None where nothing was asked, or where the typed domains are wrong. `stored` is the
    answer of the token as it stands, where it differs.
    """
    if not form.is_valid() or (edited.is_bound and not edited.is_valid()):
        return None
    site = form.cleaned_data["site"]
    stored = _is_let_in(token.domains, site)
    if not edited.is_bound or edited.cleaned_data["domains"] == token.domains:
        return Answer(stored)
    typed = _is_let_in(edited.cleaned_data["domains"], site)
    return Answer(typed, is_typed=True, stored=stored if stored != typed else None)


def _is_let_in(domains: Iterable[str], site: str) -> bool:
    known = [parse_domain(domain) for domain in domains]
    return not isinstance(allowed_site(known, origin_of_page(site), None), Refusal)
