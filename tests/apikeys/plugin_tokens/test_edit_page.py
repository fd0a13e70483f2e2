"""The page of a plugin token: its name, the mark, and the try-out of what is typed."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import OPERATOR
from apikeys.plugin_tokens.models import PluginToken
from apikeys.plugin_tokens.services import issue_plugin_token
from tests.apikeys.pages import screens

TOKENS = "/settings/apikeys/plugintoken/"


@pytest.fixture
def token(db) -> PluginToken:
    return make("Tenant")


def make(name: str) -> PluginToken:
    issued = issue_plugin_token(
        name=name, domains=["a.example.com"], actor=OPERATOR, at=timezone.now()
    )
    return issued.token


def page_of(token, part=""):
    return f"{TOKENS}{token.public_id}/{part}"


def form_of(token, **given):
    domains = "\n".join(token.domains)
    return {"name": token.name, "domains": domains, "version": token.version, **given}


def test_token_is_renamed_and_that_is_audited(as_administrator, token):
    page = as_administrator.post(
        page_of(token), form_of(token, name="  Tenant of the north "), follow=True
    )

    token.refresh_from_db()
    entry = AuditEntry.objects.latest("pk")
    assert screens.notes(page)[0].startswith("Saved.")
    assert (token.name, token.domains) == ("Tenant of the north", ["a.example.com"])
    assert (entry.action, entry.subject_name) == ("plugin_token_changed", token.name)
    assert entry.changes == {"name": ["Tenant", "Tenant of the north"]}


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("Other", "A plugin token has this name already."),
        ("", "This field is required."),
        ("two\nlines", None),
        ("x" * 256, None),
    ],
)
def test_name_that_does_not_fit_is_an_error_beside_it(
    name, error, as_administrator, token
):
    make("Other")
    before = screens.state()

    page = as_administrator.post(
        page_of(token), form_of(token, name=name, domains="b.example.com")
    )

    found = screens.errors_beside_fields(page)
    assert list(found) == ["name"]
    assert error is None or found["name"] == [error]
    assert "b.example.com" in screens.text_of(page)
    assert screens.state() == before


def test_form_with_nothing_changed_changes_nothing(as_administrator, token):
    before = screens.state()

    as_administrator.post(page_of(token), form_of(token))

    assert screens.state() == before


def test_let_it_manage_asks_and_says_when_it_was_last_used(as_administrator, token):
    PluginToken.objects.update(last_used_at=timezone.now())
    before = screens.state()

    page = as_administrator.get(page_of(token, "managing/"))

    text = screens.text_of(page)
    assert "Let “Tenant” manage tokens?" in text
    assert "Everyone who reads it in the source of a page" in text
    assert "last used" in text
    assert '<input type="hidden" name="may_manage_tokens" value="on">' in text
    assert screens.state() == before


@pytest.mark.parametrize(
    ("domains", "site", "said"),
    [
        (
            "b.example.com",
            "https://b.example.com",
            "It would be let in with what is typed here, which is not saved yet. As saved, it is refused.",
        ),
        (
            "b.example.com",
            "https://a.example.com",
            "Refused with what is typed here, which is not saved yet: 403 domain_not_allowed. None of the domains covers this page. As saved, it is let in.",
        ),
        (
            "a.example.com\nb.example.com",
            "https://a.example.com",
            "It would be let in with what is typed here, which is not saved yet.",
        ),
        ("a.example.com", "https://a.example.com", "It would be let in."),
        (
            "*.b.example",
            "https://b.example",
            "The settings as typed are wrong. Correct them first:",
        ),
    ],
)
def test_check_judges_what_is_typed_and_saves_nothing(
    domains, site, said, as_administrator, token
):
    before = screens.state()

    page = as_administrator.post(
        page_of(token), form_of(token, domains=domains, site=site, check="1")
    )

    answers = [note for note in screens.notes(page) if note.startswith(said)]
    assert len(answers) == 1
    assert domains.replace("\n", "\r\n") in screens.text_of(page) or domains in (
        screens.text_of(page)
    )
    assert screens.state() == before


def test_reader_asks_of_what_is_saved(as_reader, token):
    asked = as_reader.get(page_of(token), {"site": "a.example.com"})
    typed = as_reader.post(
        page_of(token), form_of(token, site="a.example.com", check="1")
    )

    assert "It would be let in." in screens.notes(asked)
    assert typed.status_code == 403


@pytest.mark.parametrize("part", ["", "delete/", "replace/", "managing/"])
def test_pages_of_a_token_do_not_speak_of_a_key(part, as_administrator, token):
    text = screens.text_of(as_administrator.get(page_of(token, part)))

    main = text.partition('id="content"')[2].partition("</main>")[0]
    assert "key's" not in main
    assert "Show API key" not in main
