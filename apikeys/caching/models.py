"""One number per kind of credential; while it stands still, what is remembered is true."""

from __future__ import annotations

from collections import Counter

from django.db import models, transaction

from apikeys.choices import CacheName

# How often this process has committed a move of each version: its own changes hold
# at its very next call, whatever a remembered version's age.
moved_here: Counter[str] = Counter()


class CacheVersionQuerySet(models.QuerySet["CacheVersion"]):
    def current(self, name: CacheName) -> int:
        return self.filter(name=name).values_list("value", flat=True).first() or 0

    def move(self, name: CacheName) -> None:
        """Make all that is remembered of one kind of credential stale."""
        if not self.filter(name=name).update(value=models.F("value") + 1):
            # The first move of all; a second one at this moment waits on the key.
            self.get_or_create(name=name)
            self.filter(name=name).update(value=models.F("value") + 1)
        transaction.on_commit(lambda: moved_here.update([name]))


class CacheVersion(models.Model):
    name = models.CharField(max_length=20, primary_key=True)
    value = models.BigIntegerField(default=0)

    objects = CacheVersionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} {self.value}"
