from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apikeys.audit.models import AuditEntry
from apikeys.choices import ActorKind, AuditAction
from apikeys.plugin_tokens.cache import plugin_token_cache
from apikeys.plugin_tokens.models import PluginToken
from tests.factories import PersonFactory
from tests.plugin_tokens import UNKNOWN_ID, known, make_location, make_token

pytestmark = pytest.mark.django_db

NEW_KEY = "bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0="


def _run(*arguments: str) -> tuple[str, str]:
    output, errors = StringIO(), StringIO()
    call_command(*arguments, stdout=output, stderr=errors, no_color=True)
    return output.getvalue(), errors.getvalue()


def test_created_token_is_printed_alone():
    output, errors = _run("create_plugin_token", " acme ", "A.com, b.com:8080")

    token = PluginToken.objects.get()
    assert (output, errors) == (f"{token.value()}\n", "")
    assert (token.name, token.domains) == ("acme", ["a.com", "b.com:8080"])
    assert (token.location, token.created_by) == (None, "operator")
    assert known(output.strip()).pk == token.pk
    entry = AuditEntry.objects.get(action=AuditAction.PLUGIN_TOKEN_CREATED)
    assert (entry.actor_kind, entry.subject_id) == (
        ActorKind.COMMAND,
        str(token.public_id),
    )


def test_token_of_a_location_is_described_in_json():
    location = make_location("Berlin")

    output, _ = _run(
        "create_plugin_token", "acme", "a.com", "--location", "Berlin", "--json"
    )

    token = PluginToken.objects.get()
    assert token.location == location
    assert json.loads(output) == {
        "id": str(token.public_id),
        "name": "acme",
        "token": token.value(),
        "domains": "a.com",
        "replaced": False,
    }


def test_taken_name_is_refused_and_replaced_only_on_demand():
    token, value = make_token("acme")

    with pytest.raises(CommandError, match="has this name already"):
        _run("create_plugin_token", "acme", "b.com")
    assert PluginToken.objects.get().value() == value
    output, errors = _run("create_plugin_token", "acme", "b.com", "--replace")

    replaced = PluginToken.objects.get()
    assert output.strip() == replaced.value() != value
    assert errors == "Replaced: the old value no longer works.\n"
    assert replaced.public_id == token.public_id


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["", "a.com"], "A name is needed."),
        (["a", "https://user@a.com"], "is not a valid domain name"),
        (["a", "github.io"], "“github.io” is a public suffix"),
        (["a", "a.com", "--location", "Nowhere"], "no location “Nowhere”"),
    ],
)
def test_wrong_arguments_are_refused(arguments, text):
    with pytest.raises(CommandError, match=text):
        _run("create_plugin_token", *arguments)

    assert not PluginToken.objects.exists()


def test_list_is_for_reading_and_has_no_values():
    first, value = make_token("first", "a.com,b.com")
    second, _ = make_token("second", location=make_location("Berlin"))

    output, errors = _run("list_plugin_tokens")

    assert output.splitlines() == [
        f"{first.public_id}\tfirst\t\ta.com,b.com",
        f"{second.public_id}\tsecond\tBerlin\texample.com",
    ]
    assert errors == "2 plugin tokens\n"
    assert value not in output


def test_list_in_json_has_everything(settings):
    token, value = make_token("lost", marked=True)
    PluginToken.objects.update(last_used_at=token.created_at)
    (listed,) = json.loads(_run("list_plugin_tokens", "--json")[0])
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY]
    (unreadable,) = json.loads(_run("list_plugin_tokens", "--json")[0])

    assert listed == {
        "id": str(token.public_id),
        "name": "lost",
        "token": value,
        "domains": "example.com",
        "location": None,
        "may_manage_tokens": True,
        "created_at": token.created_at.isoformat(),
        "last_used_at": token.created_at.isoformat(),
    }
    assert unreadable == {**listed, "token": None}


def test_domains_are_added_and_removed():
    token, _ = make_token(domains="a.com")

    added = _run("add_domains", str(token.public_id), "B.com,c.com")
    removed = _run("remove_domains", str(token.public_id), "a.com,c.com")

    assert added == ("a.com,b.com,c.com\n", "")
    assert removed == ("b.com\n", "")
    assert PluginToken.objects.get().domains == ["b.com"]


@pytest.mark.parametrize(
    ("command", "domains", "text"),
    [
        ("add_domains", "*", "has a wildcard"),
        ("remove_domains", "example.com", "delete the token instead"),
    ],
)
def test_domains_that_do_not_fit_are_refused(command, domains, text):
    token, _ = make_token()

    with pytest.raises(CommandError, match=text):
        _run(command, str(token.public_id), domains)

    assert PluginToken.objects.get().domains == ["example.com"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["add_domains", UNKNOWN_ID, "a.com"],
        ["remove_domains", UNKNOWN_ID, "a.com"],
        ["delete_plugin_token", UNKNOWN_ID, "--yes"],
    ],
)
def test_unknown_id_is_refused(arguments):
    with pytest.raises(CommandError, match="no plugin token with this ID"):
        _run(*arguments)


def test_token_is_deleted_only_with_yes():
    token, value = make_token()

    with pytest.raises(CommandError, match="--yes"):
        _run("delete_plugin_token", str(token.public_id))
    assert PluginToken.objects.exists()
    output, _ = _run("delete_plugin_token", str(token.public_id), "--yes")

    assert output == "1 plugin token deleted.\n"
    assert not PluginToken.objects.exists()
    assert plugin_token_cache.find(value) is None
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.subject_id) == (
        AuditAction.PLUGIN_TOKEN_DELETED,
        str(token.public_id),
    )


def test_tokens_move_to_the_newest_key_and_lost_ones_are_named(settings):
    old_keys = settings.FIELD_ENCRYPTION_KEYS
    _, value = make_token("moves")
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY, *old_keys]

    assert _run("reencrypt_plugin_tokens")[0] == (
        "1 plugin token moved, 0 were current.\n"
    )
    settings.FIELD_ENCRYPTION_KEYS = old_keys
    make_token("stays")
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY]
    with pytest.raises(CommandError, match="No encryption key opens 1: “stays”"):
        _run("reencrypt_plugin_tokens")
    assert PluginToken.objects.get(name="moves").value() == value


def test_token_is_deleted_and_domains_removed_on_trial():
    token, value = make_token(domains="a.com,b.com")

    deleted = _run("delete_plugin_token", str(token.public_id), "--dry-run")
    removed = _run("remove_domains", str(token.public_id), "a.com", "--dry-run")

    assert deleted == ("1 plugin token would be deleted.\n", "")
    assert removed == ("b.com\n", "")
    assert PluginToken.objects.get().domains == ["a.com", "b.com"]
    assert known(value).pk == token.pk


def _commands(token_id):
    return [
        ("create_plugin_token", "new", "a.com"),
        ("add_domains", token_id, "a.com"),
        ("remove_domains", token_id, "a.com"),
        ("delete_plugin_token", token_id, "--yes"),
    ]


def test_commands_act_in_the_name_of_a_person():
    token, _ = make_token()
    PersonFactory(username="ada", roles=["Administrator"])

    for command in _commands(str(token.public_id)):
        _run(*command, "--as", "ada")

    entries = AuditEntry.objects.order_by("pk")[1:]
    assert [(entry.actor_kind, entry.actor) for entry in entries] == [
        (ActorKind.COMMAND, "ada")
    ] * 4


@pytest.mark.parametrize("number", range(4))
def test_nobody_does_by_command_what_they_may_not_do_on_screen(number):
    token, _ = make_token()
    PersonFactory(username="rae", roles=["Account Reader"])
    command = _commands(str(token.public_id))[number]

    with pytest.raises(CommandError, match="'rae' may not manage APIs"):
        _run(*command, "--as", "rae")

    assert list(PluginToken.objects.values_list("name", "domains")) == [
        (token.name, token.domains)
    ]


def test_list_is_narrowed_by_name_and_location():
    make_token("first")
    make_token("second", location=make_location("Berlin"))

    def names(*arguments):
        listed = json.loads(_run("list_plugin_tokens", "--json", *arguments)[0])
        return [token["name"] for token in listed]

    assert names("--name", "FIR") == ["first"]
    assert names("--location", "Berlin") == ["second"]
    assert names("--location", "Berlin", "--name", "first") == []
    with pytest.raises(CommandError, match="no location “Rome”"):
        names("--location", "Rome")


def test_list_for_people_has_a_header_and_few_of_many_domains():
    token, _ = make_token("acme", "a.com,b.com,c.com,d.com,e.com")

    output, errors = _run("list_plugin_tokens", "--format", "table")

    assert output.splitlines() == [
        f"{'ID':36}  NAME  LOCATION  DOMAINS",
        f"{token.public_id}  acme            a.com, b.com, c.com, and 2 more",
    ]
    assert errors == "1 plugin token\n"


def test_list_in_csv_has_everything():
    token, value = make_token("acme", "a.com,b.com")

    output, _ = _run("list_plugin_tokens", "--format", "csv")

    assert output.splitlines() == [
        "id,name,token,domains,location,may_manage_tokens,created_at,last_used_at",
        f'{token.public_id},acme,{value},"a.com,b.com",,no,'
        f"{token.created_at.isoformat()},",
    ]


def test_a_name_from_elsewhere_cannot_forge_a_line_of_an_error(settings):
    make_token("a")
    PluginToken.objects.update(name="a\nAll is well.\u202e")
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY]

    with pytest.raises(CommandError, match=r"“a\\nAll is well\.\\u202e”"):
        _run("reencrypt_plugin_tokens")
