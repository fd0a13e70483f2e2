from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys import encryption
from apikeys.organization.models import Location


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose plugin tokens a caller reaches: one location's, the agency's own, or all."""

    location_id: int | None = None
    everywhere: bool = False


ANYWHERE = Scope(everywhere=True)


class PluginTokenQuerySet(models.QuerySet["PluginToken"]):
    def within(self, scope: Scope) -> Self:
        return self if scope.everywhere else self.filter(location=scope.location_id)

    def listed(self) -> Self:
        """In the fixed order of every list: the oldest first."""
        return self.order_by("created_at", "public_id")


class PluginToken(models.Model):
    """A token of an embedded editor, locked to domains. Public by nature.

    `digest` finds the row of a presented token; `encrypted` is the same text for
    the lists that show it again.
    """

    public_id = models.UUIDField(_("ID"), default=uuid.uuid4, unique=True)
    name = models.CharField(_("name"), max_length=255)
    location = models.ForeignKey(
        Location,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="plugin_tokens",
        verbose_name=_("location"),
    )
    domains = models.JSONField(_("domains"), default=list)
    encrypted = models.TextField()
    digest = models.CharField(max_length=64, unique=True)
    pepper = models.PositiveIntegerField()
    may_manage_tokens = models.BooleanField(_("may manage tokens"), default=False)
    last_used_at = models.DateTimeField(_("last used"), null=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    created_by = models.CharField(_("created by"), max_length=150)
    # Counts changes, so that a form filled in before another person's is noticed.
    version = models.PositiveIntegerField(default=0)

    objects = PluginTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("plugin token")
        verbose_name_plural = _("plugin tokens")
        indexes = [
            models.Index(
                fields=["created_at", "public_id"], name="apikeys_plugintoken_listed"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["location", "name"],
                condition=models.Q(location__isnull=False),
                name="apikeys_plugintoken_location_name",
            ),
            # Two rows without a location never equal each other in the one above.
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(location__isnull=True),
                name="apikeys_plugintoken_agency_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def value(self) -> str:
        """Return the token in plain text. Raises `encryption.CannotDecrypt`."""
        return encryption.decrypt(self.encrypted)
