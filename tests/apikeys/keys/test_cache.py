from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from django.db import connection

from apikeys.access import tokens
from apikeys.access.refusals import CREDENTIALS_INVALID
from apikeys.caching.models import CacheVersion, moved_here
from apikeys.changes.actors import OPERATOR
from apikeys.choices import CacheName
from apikeys.keys import cache
from apikeys.keys.cache import KeyCache, key_cache
from apikeys.keys.models import ApiKey, KeySecret
from apikeys.keys.rotation import rotate_key
from apikeys.keys.services import deactivate_key, delete_key, update_key
from apikeys.keys.values import KeySettings
from apikeys.keys.verification import VerifiedKey, verify
from apikeys.organization.services import change_role
from tests.factories import (
    IssuedFactory,
    LocationFactory,
    RoleFactory,
    permission,
)

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LOOK, AUDIT = "apikeys.view_apikey", "apikeys.view_auditentry"


@pytest.fixture
def issued():
    return IssuedFactory(at=AT, fields__name="Billing")


def _grant(token):
    verified = verify(token.text, AT)
    assert isinstance(verified, VerifiedKey)
    return verified.grant


def _deactivate(issued):
    deactivate_key(issued.key.key_id, actor=OPERATOR, at=AT)


def test_grant_holds_all_that_the_policy_asks_for(settings):
    settings.KEY_TYPE_EXTRA_PATHS = {"v1": ["/crm"], "v2": ["/other"]}
    roles = [
        RoleFactory(name="Support", permissions=[LOOK]),
        RoleFactory(name="Audit", permissions=[AUDIT, LOOK]),
    ]
    location = LocationFactory(name="North")
    issued = IssuedFactory(
        at=AT,
        roles=roles,
        location=location,
        expires_at=AT + timedelta(days=1),
        fields=KeySettings(
            name="Billing",
            networks=("192.0.2.0/24", "::1/128"),
            endpoints=("/api/egress/*", "GET /crm/x"),
            read_only=True,
            accepts_parameters=True,
        ),
    )

    grant = _grant(issued.token)

    assert (grant.key_id, grant.name) == (issued.token.public_id, "Billing")
    assert (grant.key_type, grant.is_active) == ("v1", True)
    assert grant.covered == (
        "/api/egress",
        "/api/ingress",
        "/api/api-tokens",
        "/crm",
        "/api/whoami",
        "/api/explain",
        "/api/schema",
        "/api/docs",
    )
    assert grant.expires_at == AT + timedelta(days=1)
    assert grant.networks == (ip_network("192.0.2.0/24"), ip_network("::1/128"))
    assert [pattern.text for pattern in grant.endpoints] == [
        "/api/egress/*",
        "GET /crm/x",
    ]
    assert (grant.roles, grant.permissions) == (("Audit", "Support"), {LOOK, AUDIT})
    assert (grant.location_id, grant.location) == (location.pk, "North")
    assert (grant.accepts_parameters, grant.is_read_only) == (True, True)


@pytest.mark.parametrize("more_columns", [(), ("key__note",), ("pk", "digest")])
def test_key_in_rotation_has_its_secrets_and_exactly_its_roles(
    more_columns, monkeypatch
):
    """Whatever else is read of a row, and in whichever order."""
    monkeypatch.setattr(cache, "_COLUMNS", (*cache._COLUMNS, *more_columns))
    others = [RoleFactory(name=f"Other {number}") for number in range(3)]
    roles = [
        RoleFactory(name="Support", permissions=[LOOK]),
        RoleFactory(name="Audit", permissions=[AUDIT]),
    ]
    IssuedFactory(at=AT, roles=others)
    issued = IssuedFactory(at=AT, roles=roles, fields__name="Billing")
    rotated = rotate_key(
        issued.key.key_id, overlap=timedelta(days=1), actor=OPERATOR, at=AT
    )

    for token in (issued.token, rotated.token):
        verified = verify(token.text, AT)
        assert isinstance(verified, VerifiedKey)
        assert verified.grant.roles == ("Audit", "Support")
        assert verified.grant.permissions == {LOOK, AUDIT}
        assert [secret.pk for secret in verified.secrets] == list(
            KeySecret.objects.filter(key=issued.key)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        assert KeySecret.objects.get(pk=verified.secret.pk).key == issued.key


def test_key_without_roles_has_none(issued):
    bare = IssuedFactory(at=AT, key_type="sms")

    grant = _grant(bare.token)

    assert (grant.roles, grant.permissions) == ((), frozenset())


def test_mapped_network_of_a_stored_key_holds_its_ipv4_callers():
    issued = IssuedFactory(at=AT, fields__networks=("::ffff:192.0.2.0/120",))

    (network,) = _grant(issued.token).networks

    assert ip_address("192.0.2.9") in network


def test_cached_key_costs_no_query(issued, settings, django_assert_num_queries):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 60
    _grant(issued.token)

    with django_assert_num_queries(0):
        for _ in range(3):
            _grant(issued.token)


def test_new_key_costs_few_queries_and_its_roles_are_shared(
    issued, settings, django_assert_num_queries
):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 60
    second = IssuedFactory(at=AT)
    key_cache.clear()

    with django_assert_num_queries(4):  # version, row, roles, permissions
        _grant(issued.token)
    with django_assert_num_queries(1):
        _grant(second.token)


def test_with_no_staleness_allowed_each_call_reads_the_version(
    issued, settings, django_assert_num_queries
):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 0
    _grant(issued.token)

    with django_assert_num_queries(1):
        _grant(issued.token)


def test_change_elsewhere_is_seen_within_the_allowed_staleness(issued, settings, clock):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 0.25
    _grant(issued.token)
    _deactivate(issued)  # the commit of another process tells this one nothing

    clock.advance(0.2)
    assert _grant(issued.token).is_active is True
    clock.advance(0.05)
    assert _grant(issued.token).is_active is False


def test_change_in_this_process_is_seen_at_its_commit(
    issued, settings, django_capture_on_commit_callbacks
):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 3600
    _grant(issued.token)

    with django_capture_on_commit_callbacks(execute=True):
        _deactivate(issued)

    assert _grant(issued.token).is_active is False


def test_change_of_one_key_reads_only_the_rows_that_are_used(
    issued, django_assert_num_queries
):
    other = IssuedFactory(at=AT)
    _grant(issued.token)
    _grant(other.token)
    _deactivate(other)

    with django_assert_num_queries(4):
        _grant(issued.token)
    with django_assert_num_queries(1):
        _grant(issued.token)
    assert len(key_cache) == 2


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_deactivate, id="deactivation"),
        pytest.param(
            lambda issued: update_key(
                issued.key.key_id, fields=KeySettings("x"), actor=OPERATOR, at=AT
            ),
            id="edit",
        ),
        pytest.param(
            lambda issued: change_role(
                RoleFactory().pk,
                name="x",
                permissions=[permission(LOOK)],
                actor=OPERATOR,
                at=AT,
            ),
            id="role",
        ),
    ],
)
def test_version_moves_with(change, issued):
    before = CacheVersion.objects.current(CacheName.KEYS)

    change(issued)

    assert CacheVersion.objects.current(CacheName.KEYS) > before


def test_first_move_of_all_makes_the_version():
    CacheVersion.objects.all().delete()
    assert CacheVersion.objects.current(CacheName.KEYS) == 0

    CacheVersion.objects.move(CacheName.KEYS)

    assert list(CacheVersion.objects.values_list("name", "value")) == [("keys", 1)]
    assert str(CacheVersion.objects.get()) == "keys 1"


def test_deleted_key_is_forgotten(issued):
    _grant(issued.token)
    delete_key(issued.key.key_id, actor=OPERATOR, at=AT)

    assert verify(issued.token.text, AT) is CREDENTIALS_INVALID
    assert len(key_cache) == 0


def test_least_recently_used_key_leaves_first(settings, django_assert_num_queries):
    settings.KEY_CACHE_SIZE = 2
    settings.KEY_CACHE_MAX_STALE_SECONDS = 60
    first, second, third = (IssuedFactory(at=AT) for _ in range(3))
    for issued in (first, second, first, third):
        _grant(issued.token)

    assert len(key_cache) == 2
    with django_assert_num_queries(0):
        _grant(first.token)
        _grant(third.token)
    with django_assert_num_queries(1):
        _grant(second.token)
    assert len(key_cache) == 2


def test_unknown_keys_take_no_room(issued):
    for _ in range(5):
        assert verify(tokens.generate().text, AT) is CREDENTIALS_INVALID

    assert len(key_cache) == 0


def test_remembered_key_shows_no_digest(issued):
    entry = key_cache.get(issued.key.key_id)

    assert KeySecret.objects.get().digest not in repr(entry)


def test_row_is_read_after_the_version(issued, settings):
    """A change between the two reads must make the entry stale, never fresh."""
    settings.KEY_CACHE_MAX_STALE_SECONDS = 0
    changed: list[bool] = []

    def change_in_between(execute, sql, params, many, context):
        if 'FROM "apikeys_keysecret"' in sql and not changed:
            changed.append(True)
            _deactivate(issued)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(change_in_between):
        verify(issued.token.text, AT)

    assert changed == [True]
    assert _grant(issued.token).is_active is False


def test_stale_answer_of_a_slow_read_is_not_kept(
    issued, settings, django_assert_num_queries
):
    """A row read before a change and remembered after it must be read again."""
    settings.KEY_CACHE_MAX_STALE_SECONDS = 0
    before = CacheVersion.objects.current(CacheName.KEYS)
    old = KeyCache().get(issued.key.key_id)
    assert old is not None
    _deactivate(issued)
    key_cache.get(issued.key.key_id)
    # The slow thread's last step.
    key_cache._keep(issued.key.key_id, before, old)

    assert _grant(issued.token).is_active is False


def test_commit_while_the_version_is_read_makes_that_answer_old(issued, settings):
    settings.KEY_CACHE_MAX_STALE_SECONDS = 3600

    def commit_meanwhile(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if 'FROM "apikeys_cacheversion"' in sql:
            moved_here.update([CacheName.KEYS])
        return result

    with connection.execute_wrapper(commit_meanwhile):
        _grant(issued.token)
    ApiKey.objects.update(is_active=False)
    CacheVersion.objects.move(CacheName.KEYS)

    assert _grant(issued.token).is_active is False


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_role_read_before_its_change_is_not_remembered_after_it():
    """No stale write-back of what a role holds into a newer cache version's memory."""
    role = RoleFactory(name="Support", permissions=[LOOK, AUDIT])
    slow, quick = (IssuedFactory(at=AT, roles=[role]) for _ in range(2))
    changed: list[bool] = []

    def change_meanwhile(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if 'FROM "auth_permission"' in sql and not changed:
            changed.append(True)
            _in_thread(narrow_role)
        return result

    def narrow_role():
        change_role(role.pk, name="Support", permissions=[], actor=OPERATOR, at=AT)
        # Another thread is the first to see the new version.
        verify(tokens.generate().text, AT)
        key_cache.get(IssuedFactory(at=AT).key.key_id)

    with connection.execute_wrapper(change_meanwhile):
        verify(slow.token.text, AT)

    assert _grant(slow.token).permissions == frozenset()
    assert _grant(quick.token).permissions == frozenset()


def _in_thread(work) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
