"""Plugin tokens as credentials of the tokens' own API, and who reaches which token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apikeys.access import refusals, tokens
from apikeys.access.authorization import bearer
from apikeys.api.authentication import find_key, refused
from apikeys.api.permissions import IsKey
from apikeys.app_settings import app_settings
from apikeys.caching.reader import StateUnknown
from apikeys.changes.actors import Actor
from apikeys.choices import ActorKind
from apikeys.keys.verification import VerifiedKey
from apikeys.organization.roles import PLUGIN_TOKEN_PERMISSIONS
from apikeys.pages.people import request_address
from apikeys.plugin_tokens.cache import KnownToken, plugin_token_cache
from apikeys.plugin_tokens.last_use import plugin_token_last_use
from apikeys.plugin_tokens.models import ANYWHERE, Scope
from apikeys.plugin_tokens.rules import check_management

_NAME_LENGTH = 100


@dataclass(slots=True)
class CallingToken:
    """`request.user` of a call with a plugin token. `request.auth` is its `KnownToken`."""

    name: str
    is_authenticated = True
    is_active = True

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls the tokens' API: for the audit trail, and what they reach and may do."""

    actor: Actor
    scope: Scope
    location_id: int | None


class PluginTokenAuthentication(BaseAuthentication):
    """A bearer plugin token marked "may manage tokens", never from a browser.

    Leaves everything that is no plugin token to the class after it.
    """

    def authenticate(self, request: Request) -> tuple[CallingToken, KnownToken] | None:
        inner = request._request
        text = bearer(inner.META.get("HTTP_AUTHORIZATION"))
        if text is None or not text.startswith(f"{tokens.PLUGIN_TOKEN_PREFIX}_"):
            return None
        if find_key(inner, None, in_body=False) is not refusals.CREDENTIALS_MISSING:
            raise refused(inner, refusals.CREDENTIALS_AMBIGUOUS)
        if app_settings.SECURE_SSL_REDIRECT and not inner.is_secure():
            raise refused(inner, refusals.HTTPS_REQUIRED)
        try:
            token = plugin_token_cache.find(text)
        except StateUnknown:
            raise refused(inner, refusals.STATE_UNKNOWN) from None
        if token is None:
            raise refused(inner, refusals.CREDENTIALS_INVALID)
        refusal = check_management(
            is_marked=token.may_manage_tokens, is_browser="HTTP_ORIGIN" in inner.META
        )
        if refusal is not None:
            raise refused(inner, refusal, str(token.public_id))
        plugin_token_last_use.record_use(token, request_address(inner), timezone.now())
        return CallingToken(token.name), token

    def authenticate_header(self, request: Request) -> str:
        return refusals.CHALLENGE


class MayReachPluginTokens(IsKey):
    """Keys by their roles; a marked plugin token may do all, within its scope."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, KnownToken):
            return True
        return super().has_permission(request, view)


def caller_of(request: Request) -> Caller:
    """Return who calls. Raises `TypeError` for a call without a key or plugin token."""
    address = request_address(request._request)
    shown_address = str(address) if address else None
    if isinstance(request.auth, KnownToken):
        token = request.auth
        return Caller(
            Actor(
                ActorKind.PLUGIN_TOKEN,
                f"{token.name[:_NAME_LENGTH]} ({token.public_id})",
                shown_address,
                PLUGIN_TOKEN_PERMISSIONS,
            ),
            Scope(token.location_id),
            token.location_id,
        )
    if not isinstance(request.auth, VerifiedKey):
        raise TypeError("The call was made without a key or plugin token.")
    grant = request.auth.grant
    scope = ANYWHERE if grant.location_id is None else Scope(grant.location_id)
    actor = Actor(
        ActorKind.KEY,
        f"{grant.name} ({grant.key_id})",
        shown_address,
        grant.permissions,
    )
    return Caller(actor, scope, grant.location_id)
