from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import OperationalError, connection, transaction
from django.test import Client

from apikeys.audit.models import AuditEntry
from apikeys.changes.actors import OPERATOR, Actor
from apikeys.choices import AuditAction
from apikeys.keys.rotation import cancel_rotation, end_rotation, rotate_key
from apikeys.keys.services import (
    activate_key,
    deactivate_key,
    delete_key,
    purge_deleted_keys,
    set_password,
    update_key,
)
from apikeys.keys.values import KeySettings
from apikeys.organization.models import Person
from apikeys.organization.people import PersonChanges, change_person, create_person
from apikeys.organization.services import change_role, create_role, delete_role
from apikeys.plugin_tokens.models import PluginToken
from apikeys.plugin_tokens.reencryption import reencrypt_plugin_tokens
from apikeys.plugin_tokens.services import (
    add_domains,
    delete_plugin_token,
    issue_plugin_token,
    remove_domains,
    replace_value,
    reveal_value,
    set_may_manage_tokens,
    update_plugin_token,
)
from tests.factories import (
    IssuedFactory,
    RoleFactory,
    permission,
    person_actor,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
OTHER_KEY = "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb28="


def _issue(at):
    IssuedFactory(at=at)


def _update(at):
    update_key(_key_id("Portal"), fields=KeySettings(name="x"), actor=OPERATOR, at=at)


def _set_password(at):
    set_password(_key_id("Portal"), actor=OPERATOR, at=at)


def _deactivate(at):
    deactivate_key(_key_id("Portal"), actor=OPERATOR, at=at)


def _activate(at):
    activate_key(_key_id("Inactive"), actor=OPERATOR, at=at)


def _delete(at):
    delete_key(_key_id("Portal"), actor=OPERATOR, at=at)


def _purge(at):
    purge_deleted_keys(deleted_before=at + DAY, actor=OPERATOR, at=at)


def _rotate(at):
    rotate_key(_key_id("Portal"), overlap=DAY, actor=OPERATOR, at=at)


def _cancel(at):
    cancel_rotation(_key_id("Rotated"), actor=OPERATOR, at=at)


def _end(at):
    end_rotation(_key_id("Rotated"), actor=OPERATOR, at=at)


def _create_role(at):
    create_role(
        name="New",
        permissions=[permission("apikeys.view_apikey")],
        actor=OPERATOR,
        at=at,
    )


def _change_role(at):
    change_role(
        Group.objects.get(name="Support").pk,
        name="Help desk",
        permissions=[permission("apikeys.view_apikey")],
        actor=OPERATOR,
        at=at,
    )


def _delete_role(at):
    delete_role(Group.objects.get(name="Support").pk, actor=OPERATOR, at=at)


def _token_id() -> UUID:
    return PluginToken.objects.get(name="Editor").public_id


def _issue_token(at):
    issue_plugin_token(name="New", domains=["a.com"], actor=OPERATOR, at=at)


def _replace_token(at):
    issue_plugin_token(name="Editor", domains=["b.com"], actor=OPERATOR, at=at)


def _replace_value(at):
    replace_value(_token_id(), actor=OPERATOR, at=at)


def _add_domains(at):
    add_domains(_token_id(), domains=["b.com"], actor=OPERATOR, at=at)


def _remove_domains(at):
    remove_domains(_token_id(), domains=["c.com"], actor=OPERATOR, at=at)


def _update_plugin_token(at):
    update_plugin_token(_token_id(), domains=["d.com"], actor=OPERATOR, at=at)


def _mark_token(at):
    set_may_manage_tokens(_token_id(), to=True, actor=OPERATOR, at=at)


def _reveal_value(at):
    reveal_value(_token_id(), actor=OPERATOR, at=at)


def _delete_token(at):
    delete_plugin_token(_token_id(), actor=OPERATOR, at=at)


def _reencrypt(at):
    settings.FIELD_ENCRYPTION_KEYS = [OTHER_KEY, *settings.FIELD_ENCRYPTION_KEYS]
    try:
        reencrypt_plugin_tokens(actor=OPERATOR, at=at)
    finally:
        settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[1:]


def _create_person(at):
    create_person(username="bob", given=PersonChanges(), actor=OPERATOR, at=at)


def _change_person(at):
    shut_out = PersonChanges(is_active=False, roles=())
    change_person("ada", given=shut_out, actor=OPERATOR, at=at)


def _sign_in(at):
    _send("/settings/login/", username="ada", password="right")


def _fail_to_sign_in(at):
    _send("/settings/login/", username="ada", password="wrong")


def _fail_to_change_the_password(at):
    client = Client()
    client.force_login(Person.objects.get(username="ada"))
    _send("/settings/password_change/", client, old_password="wrong")


def _send(path, client=None, **form):
    (client or Client()).post(path, form)


ACTIONS = [
    (_issue, "key_created"),
    (_update, "key_changed"),
    (_set_password, "key_changed"),
    (_deactivate, "key_deactivated"),
    (_activate, "key_activated"),
    (_delete, "key_deleted"),
    (_purge, "key_purged"),
    (_rotate, "key_rotated"),
    (_cancel, "rotation_cancelled"),
    (_end, "rotation_ended"),
    (_create_role, "role_created"),
    (_change_role, "role_changed"),
    (_delete_role, "role_deleted"),
    (_issue_token, "plugin_token_created"),
    (_replace_token, "plugin_token_replaced"),
    (_replace_value, "plugin_token_replaced"),
    (_add_domains, "plugin_token_changed"),
    (_remove_domains, "plugin_token_changed"),
    (_update_plugin_token, "plugin_token_changed"),
    (_mark_token, "plugin_token_changed"),
    (_reveal_value, "plugin_token_shown"),
    (_delete_token, "plugin_token_deleted"),
    (_reencrypt, "plugin_tokens_reencrypted"),
    (_create_person, "person_created"),
    (_change_person, "person_changed"),
    (_sign_in, "signed_in"),
    (_fail_to_sign_in, "sign_in_failed"),
    (_fail_to_change_the_password, "own_password_refused"),
]


@pytest.fixture
def prepared(at):
    """A key and a role in each of the states that an action starts from."""
    for name in ("Portal", "Inactive", "Rotated", "Deleted"):
        IssuedFactory(at=at, key_type="webservice_standard", fields__name=name)
    deactivate_key(_key_id("Inactive"), actor=OPERATOR, at=at)
    rotate_key(_key_id("Rotated"), overlap=DAY, actor=OPERATOR, at=at)
    delete_key(_key_id("Deleted"), actor=OPERATOR, at=at)
    RoleFactory(name="Support")
    Person.objects.create_user("ada", password="right", is_staff=True)
    issue_plugin_token(name="Editor", domains=["a.com", "c.com"], actor=OPERATOR, at=at)


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize(
    ("act", "action"), ACTIONS, ids=[act.__name__.strip("_") for act, _ in ACTIONS]
)
def test_one_entry_is_written_by(act, action, at):
    before = AuditEntry.objects.count()

    act(at)

    new = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert new[before:] == [action]


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize(
    "act", [act for act, _ in ACTIONS], ids=lambda act: act.__name__.strip("_")
)
def test_without_its_entry_nothing_is_changed_by(act, at, rows):
    before = rows()

    def lose_entries(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "apikeys_auditentry"'):
            raise OperationalError("disk full")
        return execute(sql, params, many, context)

    with (
        pytest.raises(OperationalError),
        transaction.atomic(),
        connection.execute_wrapper(lose_entries),
    ):
        act(at)

    assert rows() == before


def test_every_action_has_its_test():
    assert {action for _, action in ACTIONS} == set(AuditAction.values)


def test_actor_who_holds_everything_lacks_nothing():
    assert OPERATOR.lacking(["apikeys.manage_apis"]) == []


def test_actor_lacks_what_is_not_held():
    actor: Actor = person_actor("apikeys.view_apikey")

    assert actor.lacking(["b.x", "apikeys.view_apikey", "a.x"]) == ["a.x", "b.x"]


def _key_id(name: str) -> str:
    return (
        AuditEntry.objects.filter(subject_name=name, action="key_created")
        .values_list("subject_id", flat=True)
        .get()
    )
