"""The life of a plugin token: each function is one transaction with its audit entry.

Screens, commands and endpoints call these and nothing else. Locks are taken in
one order: token row, version, audit. Names and domains come in normal form (see
`access.names.normal_name` and `domains.parse_domains`), `at` is an aware
datetime. A function raises a `ServiceRefusal`, and then nothing has changed. A
token outside the caller's `scope` is unknown to the caller.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from apikeys import encryption
from apikeys.access import tokens
from apikeys.audit.services import Changes, record
from apikeys.caching.models import CacheVersion
from apikeys.changes.actors import Actor
from apikeys.changes.errors import (
    ChangedMeanwhile,
    InvalidFields,
    PrivilegeEscalation,
    ServiceRefusal,
    UnknownSubject,
)
from apikeys.changes.names import refuse_taken_name
from apikeys.changes.nonces import spend_nonce
from apikeys.choices import AuditAction, CacheName
from apikeys.organization.roles import PLUGIN_TOKEN_PERMISSIONS
from apikeys.plugin_tokens.domains import MalformedDomains, checked_length
from apikeys.plugin_tokens.models import ANYWHERE, PluginToken, Scope
from apikeys.plugin_tokens.public_suffixes import public_suffixes

_NEW_VALUE: Changes = {"value": ("set", "set anew")}
_NAME_TAKEN = "A plugin token has this name already."
_CHANGEABLE = (
    "name",
    "domains",
    "encrypted",
    "digest",
    "pepper",
    "may_manage_tokens",
    "version",
)
_PUBLIC_SUFFIX = (
    "“%s” is a public suffix: anybody can have a domain below it, and all of them would"
    " be let in. Name your own domain."
)
_LAST_DOMAIN = "A token needs at least one domain; delete the token instead."


class UnknownPluginToken(UnknownSubject):
    """There is no plugin token with this ID, or not for this caller."""

    def __init__(self) -> None:
        super().__init__("There is no plugin token with this ID.")


class UnreadableToken(ServiceRefusal):
    """No key in `FIELD_ENCRYPTION_KEYS` opens the stored value."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"No encryption key opens the value of plugin token “{name}”. Pages that"
            " have it still work; replace the value to see one again."
        )


@dataclass(frozen=True, slots=True)
class IssuedPluginToken:
    """A plugin token whose value was made by this call."""

    token: PluginToken
    value: str
    replaced: bool

    def __repr__(self) -> str:
        return f"<IssuedPluginToken {self.token.public_id}>"


@transaction.atomic
def issue_plugin_token(
    *,
    name: str,
    domains: Iterable[str],
    actor: Actor,
    at: datetime,
    location_id: int | None = None,
    may_replace: bool = True,
    nonce: str = "",
) -> IssuedPluginToken:
    """Create a token, or give the one of this name a new value and new domains.

    Name means within the location, or among the agency's own. A replaced token
    keeps its ID; "may manage tokens" it keeps only where the actor may do all
    that the mark allows, since the new value comes into the actor's hands.
    """
    domains = list(domains)
    _refuse_public_suffixes(domains)
    fresh = PluginToken(
        name=name,
        location_id=location_id,
        domains=domains,
        created_at=at,
        created_by=actor.name,
    )
    value = _set_new_value(fresh)
    spend_nonce(nonce, subject_id=str(fresh.public_id), at=at)
    token = _claim(fresh)
    if token.digest == fresh.digest:
        _refuse_taken(token, name)
        changes: Changes = {"domains": (None, token.domains)}
        _note(token, AuditAction.PLUGIN_TOKEN_CREATED, actor, at, changes)
        return IssuedPluginToken(token, value, replaced=False)
    if not may_replace:
        raise InvalidFields({"name": _NAME_TAKEN})
    _replace(token, fresh, actor, at)
    return IssuedPluginToken(token, value, replaced=True)


@transaction.atomic
def replace_value(
    token_id: UUID,
    *,
    actor: Actor,
    at: datetime,
    scope: Scope = ANYWHERE,
    nonce: str = "",
) -> IssuedPluginToken:
    """Give a token a new value; the old one stops working at once."""
    token = _lock(token_id, scope)
    _refuse_escalation(token, actor)
    spend_nonce(nonce, subject_id=str(token_id), at=at)
    value = _set_new_value(token)
    _save(token)
    _note(token, AuditAction.PLUGIN_TOKEN_REPLACED, actor, at, _NEW_VALUE)
    return IssuedPluginToken(token, value, replaced=True)


@transaction.atomic
def reveal_value(
    token_id: UUID, *, actor: Actor, at: datetime, scope: Scope = ANYWHERE
) -> str:
    """Return a token's value for a person to see, which the audit trail remembers."""
    token = PluginToken.objects.within(scope).filter(public_id=token_id).first()
    if token is None:
        raise UnknownPluginToken
    _refuse_escalation(token, actor)
    try:
        value = token.value()
    except encryption.CannotDecrypt:
        raise UnreadableToken(token.name) from None
    _record(token, AuditAction.PLUGIN_TOKEN_SHOWN, actor, at)
    return value


@transaction.atomic
def add_domains(
    token_id: UUID,
    *,
    domains: Iterable[str],
    actor: Actor,
    at: datetime,
    scope: Scope = ANYWHERE,
) -> PluginToken:
    """Let further domains in. Those that are there already change nothing."""
    token = _lock(token_id, scope)
    merged = dict.fromkeys([*token.domains, *domains])
    return _set_domains(token, merged, actor, at)


@transaction.atomic
def remove_domains(
    token_id: UUID,
    *,
    domains: Iterable[str],
    actor: Actor,
    at: datetime,
    scope: Scope = ANYWHERE,
) -> PluginToken:
    """Shut domains out. Those that are not there change nothing."""
    token = _lock(token_id, scope)
    unwanted = set(domains)
    kept = [domain for domain in token.domains if domain not in unwanted]
    return _set_domains(token, kept, actor, at)


@transaction.atomic
def update_plugin_token(
    token_id: UUID,
    *,
    domains: Iterable[str],
    actor: Actor,
    at: datetime,
    name: str | None = None,
    scope: Scope = ANYWHERE,
    expected_version: int | None = None,
) -> PluginToken:
    """Set all domains, as an edited list, and the name. Raises `ChangedMeanwhile`.

    Without a name the token keeps its own.
    """
    token = _lock(token_id, scope)
    if expected_version is not None and token.version != expected_version:
        raise ChangedMeanwhile(token.version)
    changes: Changes = {}
    if name is not None and name != token.name:
        _refuse_taken(token, name)
        changes = {"name": (token.name, name)}
        token.name = name
    return _set_domains(token, dict.fromkeys(domains), actor, at, changes)


@transaction.atomic
def set_may_manage_tokens(
    token_id: UUID, *, to: bool, actor: Actor, at: datetime, scope: Scope = ANYWHERE
) -> PluginToken:
    """Mark a token as one that may manage tokens, or take the mark away.

    Only who may do all that the mark allows can set it.
    """
    token = _lock(token_id, scope)
    if token.may_manage_tokens is to:
        return token
    token.may_manage_tokens = to
    if to:
        _refuse_escalation(token, actor)
    _save(token)
    changes: Changes = {"may_manage_tokens": (not to, to)}
    _note(token, AuditAction.PLUGIN_TOKEN_CHANGED, actor, at, changes)
    return token


@transaction.atomic
def delete_plugin_token(
    token_id: UUID, *, actor: Actor, at: datetime, scope: Scope = ANYWHERE
) -> None:
    """Delete a token for good; pages that have it are no longer let in."""
    token = _lock(token_id, scope)
    token.delete()
    _note(token, AuditAction.PLUGIN_TOKEN_DELETED, actor, at)


def _lock(token_id: UUID, scope: Scope) -> PluginToken:
    locked = PluginToken.objects.select_for_update().within(scope)
    token = locked.filter(public_id=token_id).first()
    if token is None:
        raise UnknownPluginToken
    return token


def _refuse_taken(token: PluginToken, name: str) -> None:
    named = PluginToken.objects.filter(location=token.location_id).exclude(pk=token.pk)
    refuse_taken_name(named, name, _NAME_TAKEN)


def _claim(fresh: PluginToken) -> PluginToken:
    """Insert the token unless its name is taken, and return the name's row, locked.

    Of two calls at once the second waits in the INSERT for the first, so each
    name has one row whatever the order.
    """
    named = PluginToken.objects.filter(name=fresh.name, location=fresh.location_id)
    while True:
        PluginToken.objects.bulk_create([fresh], ignore_conflicts=True)
        token = named.select_for_update().first()
        # None: the row of this name was deleted between the two statements.
        if token is not None:
            return token


def _replace(
    token: PluginToken, fresh: PluginToken, actor: Actor, at: datetime
) -> None:
    changes = {**_NEW_VALUE, **_domain_changes(token.domains, fresh.domains)}
    if token.may_manage_tokens and actor.lacking(PLUGIN_TOKEN_PERMISSIONS):
        token.may_manage_tokens = False
        changes = {**changes, "may_manage_tokens": (True, False)}
    token.domains = fresh.domains
    token.encrypted, token.digest = fresh.encrypted, fresh.digest
    token.pepper = fresh.pepper
    _save(token)
    _note(token, AuditAction.PLUGIN_TOKEN_REPLACED, actor, at, changes)


def _set_new_value(token: PluginToken) -> str:
    new = tokens.generate(tokens.PLUGIN_TOKEN_PREFIX)
    token.pepper, pepper = tokens.signing_pepper(settings.API_KEY_PEPPERS)
    token.digest = tokens.digest(new, pepper)
    token.encrypted = encryption.encrypt(new.text)
    return new.text


def _set_domains(
    token: PluginToken,
    wanted: Iterable[str],
    actor: Actor,
    at: datetime,
    other: Changes | None = None,
) -> PluginToken:
    try:
        domains = checked_length(wanted)
    except MalformedDomains as error:
        raise InvalidFields({"domains": str(error)}) from None
    if not domains:
        raise InvalidFields({"domains": _LAST_DOMAIN})
    changes = {**(other or {}), **_domain_changes(token.domains, domains)}
    if not changes:
        return token
    had = set(token.domains)
    _refuse_public_suffixes(domain for domain in domains if domain not in had)
    token.domains = domains
    _save(token)
    _note(token, AuditAction.PLUGIN_TOKEN_CHANGED, actor, at, changes)
    return token


def _refuse_public_suffixes(domains: Iterable[str]) -> None:
    found = public_suffixes(domains)
    if found:
        text = " ".join(_PUBLIC_SUFFIX % domain for domain in found)
        raise InvalidFields({"domains": text})


def _domain_changes(before: list[str], after: list[str]) -> Changes:
    """Return what came and went, and not thousands of characters that stayed."""
    had, has = set(before), set(after)
    added = [domain for domain in after if domain not in had]
    removed = [domain for domain in before if domain not in has]
    changes: dict[str, tuple[object, object]] = {}
    if added:
        changes["domains_added"] = (None, added)
    if removed:
        changes["domains_removed"] = (removed, None)
    return changes


def _refuse_escalation(token: PluginToken, actor: Actor) -> None:
    """Raise `PrivilegeEscalation` where the token may do what the actor may not."""
    lacking = actor.lacking(PLUGIN_TOKEN_PERMISSIONS) if token.may_manage_tokens else []
    if lacking:
        raise PrivilegeEscalation(lacking)


def _save(token: PluginToken) -> None:
    token.version += 1
    try:
        with transaction.atomic():
            # Never the last use, which others write meanwhile.
            token.save(update_fields=_CHANGEABLE)
    except IntegrityError:
        raise InvalidFields({"name": _NAME_TAKEN}) from None


def _note(
    token: PluginToken,
    action: AuditAction,
    actor: Actor,
    at: datetime,
    changes: Changes | None = None,
) -> None:
    CacheVersion.objects.move(CacheName.PLUGIN_TOKENS)
    _record(token, action, actor, at, changes)


def _record(
    token: PluginToken,
    action: AuditAction,
    actor: Actor,
    at: datetime,
    changes: Changes | None = None,
) -> None:
    record(
        actor=actor,
        action=action,
        subject_id=str(token.public_id),
        subject_name=token.name,
        at=at,
        changes=changes,
    )
