"""Bodies of the Topol family, in and out.

A body's text must be a text: a number, a list or a nested object is refused and
never turned into one.
"""

from __future__ import annotations

import logging
from datetime import UTC
from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apikeys.access.names import MalformedName, normal_name
from apikeys.changes.actors import Actor
from apikeys.encryption import CannotDecrypt
from apikeys.organization.roles import PLUGIN_TOKEN_PERMISSIONS
from apikeys.plugin_tokens.domains import (
    MAX_TEXT_LENGTH,
    MalformedDomains,
    joined,
    parse_domains,
)
from apikeys.plugin_tokens.models import PluginToken
from apikeys.plugin_tokens.rules import MAX_NAME_LENGTH

logger = logging.getLogger(__name__)

# Formats and no patterns: none can tell the tables of Unicode and of IDNA.
NAME_FORMAT = "name"
DOMAINS_FORMAT = "domain-list"
_DOMAINS_SCHEMA = {
    "type": "string",
    "format": DOMAINS_FORMAT,
    "minLength": 1,
    "maxLength": MAX_TEXT_LENGTH,
    "description": "Domain names (IDNA 2008, in Unicode or ASCII), separated by commas,"
    " semicolons or blanks, each with or without a port; no wildcard and no public"
    " suffix. Of a URL the scheme and path are left out, but for the schemes of apps"
    " such as `capacitor://localhost`.",
    "example": "example.com,localhost:3000",
}


class _TextField(serializers.Field[Any, str, str, Any]):
    default_error_messages = {"invalid": "This must be a text."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


@extend_schema_field(
    {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_NAME_LENGTH,
        "format": NAME_FORMAT,
        "description": "Letters, digits and signs in one line: no control or format"
        " characters. Names that read as the same are the same name.",
    }
)
class NameField(_TextField):
    def to_internal_value(self, data: Any) -> str:
        try:
            return normal_name(super().to_internal_value(data), MAX_NAME_LENGTH)
        except MalformedName as error:
            raise serializers.ValidationError(str(error)) from None


@extend_schema_field(_DOMAINS_SCHEMA)
class DomainsField(_TextField):
    def to_internal_value(self, data: Any) -> list[str]:
        try:
            return parse_domains(super().to_internal_value(data))
        except MalformedDomains as error:
            raise serializers.ValidationError(list(error.problems)) from None


class DomainsBodySerializer(serializers.Serializer[object]):
    domains = DomainsField()


class NewTokenSerializer(serializers.Serializer[object]):
    name = NameField()
    domains = DomainsField()


class TokenSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    token = serializers.CharField(
        allow_null=True,
        help_text="Nothing where no encryption key opens it, or where it may manage"
        " tokens and the caller lacks a permission that it would give.",
    )
    domains = serializers.CharField()
    created_at = serializers.DateTimeField()


class TokenDataSerializer(serializers.Serializer[object]):
    # The name of a property of serializers that only describe an answer is free.
    data = TokenSerializer()  # type: ignore[assignment]


class PutTokenDataSerializer(TokenDataSerializer):
    replaced = serializers.BooleanField(
        required=False, help_text="Only there, and then true, where a token was."
    )


@extend_schema_serializer(many=False)
class TokenListSerializer(serializers.Serializer[object]):
    data = TokenSerializer(many=True)  # type: ignore[assignment]  # as above
    next_cursor = serializers.CharField(
        required=False,
        allow_null=True,
        help_text="Only with `cursor`: the next page's, null on the last one.",
    )


class SuccessSerializer(serializers.Serializer[object]):
    success = serializers.BooleanField()


class MessageSerializer(serializers.Serializer[object]):
    message = serializers.CharField()


class InvalidSerializer(MessageSerializer):
    errors = serializers.DictField(  # type: ignore[assignment]  # as above
        child=serializers.ListField(child=serializers.CharField())
    )


def shown(token: PluginToken, actor: Actor) -> dict[str, Any]:
    """Return a token as this family shows it to the actor."""
    created_at = token.created_at.astimezone(UTC)
    return {
        "id": str(token.public_id),
        "name": token.name,
        "token": _shown_value(token, actor),
        "domains": joined(token.domains),
        "created_at": created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }


def _shown_value(token: PluginToken, actor: Actor) -> str | None:
    # Who may only look must not pick up a credential that may also delete.
    if token.may_manage_tokens and actor.lacking(PLUGIN_TOKEN_PERMISSIONS):
        return None
    try:
        return token.value()
    except CannotDecrypt:
        logger.warning("No key opens plugin token %s (%s).", token.pk, token.name)
        return None
