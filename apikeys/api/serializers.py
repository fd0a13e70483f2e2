"""Shapes of the two endpoints that tell a key about itself."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apikeys.api.examples import PATH


class RotationSerializer(serializers.Serializer[object]):
    overlap_ends_at = serializers.DateTimeField()
    presented = serializers.ChoiceField(["old", "new"])


class WhoamiSerializer(serializers.Serializer[object]):
    id = serializers.CharField()
    name = serializers.CharField()
    type = serializers.CharField()
    location = serializers.CharField(allow_null=True)
    roles = serializers.ListField(child=serializers.CharField())
    permissions = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField(allow_null=True)
    address = serializers.CharField(allow_null=True)
    networks = serializers.ListField(child=serializers.CharField())
    endpoints = serializers.ListField(child=serializers.CharField())
    # DRF's metaclass takes the field away: no argument of `Field` is hidden by it.
    read_only = serializers.BooleanField()  # type: ignore[assignment]
    rotation = RotationSerializer(allow_null=True)


@extend_schema_field(
    {
        "anyOf": [
            {"type": "string", "format": "ipv4"},
            {"type": "string", "format": "ipv6"},
        ]
    }
)
class AddressField(serializers.IPAddressField):
    """Told apart in the document, which has no one format for both."""


@extend_schema_field({"type": "string", "maxLength": 4096, "example": PATH})
class PathField(serializers.CharField):
    """Described with an example, which `help_text` has no place for."""


class ExplainQuerySerializer(serializers.Serializer[object]):
    method = serializers.RegexField(
        r"^[A-Za-z]{1,20}$", default="GET", help_text="HTTP method, GET unless given."
    )
    path = PathField(
        max_length=4096, help_text="Path of the call; a full URL loses its host."
    )
    address = AddressField(
        required=False, help_text="Address of the caller, your own unless given."
    )


class StepSerializer(serializers.Serializer[object]):
    rule = serializers.CharField()
    passed = serializers.BooleanField()
    text = serializers.CharField()


class ExplanationSerializer(serializers.Serializer[object]):
    allowed = serializers.BooleanField()
    status = serializers.IntegerField()
    code = serializers.CharField(allow_null=True)
    detail = serializers.CharField()
    rule = serializers.CharField()
    steps = StepSerializer(many=True)


class ProblemSerializer(serializers.Serializer[object]):
    """RFC 9457, with a stable code."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
