"""One number per kind of credential; while it stands still, what is remembered is true."""

from __future__ import annotations

from django.db import models

from apikeys.choices import EpochName


class EpochQuerySet(models.QuerySet["Epoch"]):
    def current(self, name: EpochName) -> int:
        return self.filter(name=name).values_list("value", flat=True).first() or 0

    def move(self, name: EpochName) -> None:
        """Make all that is remembered of one kind of credential stale."""
        if not self.filter(name=name).update(value=models.F("value") + 1):
            # The first move of all; a second one at this moment waits on the key.
            self.get_or_create(name=name)
            self.filter(name=name).update(value=models.F("value") + 1)


class Epoch(models.Model):
    name = models.CharField(max_length=20, primary_key=True, choices=EpochName.choices)
    value = models.BigIntegerField(default=0)

    objects = EpochQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} {self.value}"
