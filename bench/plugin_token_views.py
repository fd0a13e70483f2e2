"""Plugin tokens as a plain DRF `ModelViewSet` serves them, beside the product's own API.

The same decryption, lock, audit entry and cache version; nothing of normalizing, permissions
or tenants.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.urls import include, path
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ModelViewSet

from apikeys.api.authentication import KeyAuthentication
from apikeys.audit.models import AuditEntry
from apikeys.caching.models import CacheVersion
from apikeys.choices import ActorKind, AuditAction, CacheName
from apikeys.plugin_tokens.models import PluginToken


class PlainSerializer(serializers.ModelSerializer[PluginToken]):
    token = serializers.CharField(source="value", read_only=True)

    class Meta:
        model = PluginToken
        fields = ("public_id", "name", "token", "domains", "created_at")


class PlainViewSet(ModelViewSet[PluginToken]):
    authentication_classes = [KeyAuthentication]
    permission_classes = [AllowAny]
    queryset = PluginToken.objects.order_by("created_at", "public_id")
    serializer_class = PlainSerializer
    lookup_field = "public_id"

    @action(detail=True, methods=["post"], url_path="add-domains")
    @transaction.atomic
    def add_domains(self, request: Request, public_id: Any = None) -> Response:
        token = PluginToken.objects.select_for_update().get(public_id=public_id)
        body: Any = request.data
        token.domains = [*token.domains, *body["domains"].split(",")]
        token.save()
        CacheVersion.objects.move(CacheName.PLUGIN_TOKENS)
        AuditEntry.objects.create(
            actor_kind=ActorKind.KEY,
            actor="bench",
            action=AuditAction.PLUGIN_TOKEN_CHANGED,
            subject_id=str(token.public_id),
            subject_name=token.name,
        )
        return Response(self.get_serializer(token).data)


_router = SimpleRouter(trailing_slash=False)
# Below a prefix of the key's type, so that its key may call it.
_router.register("api/egress/plain-tokens", PlainViewSet, basename="plain")

urlpatterns = [*_router.urls, path("api", include(("apikeys.urls", "api")))]
