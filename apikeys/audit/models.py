from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.contributions import label


class AppendOnly(TypeError):
    """Audit entries are neither changed nor deleted."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    def bulk_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        # It could replace rows (`update_conflicts`); `services.audit` adds them singly.
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly


class AuditEntry(models.Model):
    """Names the credential by text, not by foreign key, so that it outlives it."""

    at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    actor_kind = models.CharField(max_length=20)
    actor = models.CharField(_("who"), max_length=150, db_index=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    action = models.CharField(_("what"), max_length=40, db_index=True)
    subject_id = models.CharField(_("ID"), max_length=40, db_index=True)
    subject_name = models.CharField(_("name"), max_length=255)
    changes = models.JSONField(_("changes"), default=dict)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor}: {self.get_action_display()} {self.subject_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly
        # Else an object built with the number of a stored row would replace it.
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    # Plain text columns, named as Django names the labels of choices.
    def get_action_display(self) -> str:
        return label("audit_actions", self.action)

    def get_actor_kind_display(self) -> str:
        return label("actor_kinds", self.actor_kind)
