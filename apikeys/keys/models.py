from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NoReturn, Self

from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apikeys.access.key_types import KEY_TYPES, KeyType
from apikeys.organization.models import Location


def _listed(name: str, *columns: str, **only: Any) -> models.Index:
    """Return an index of the keys that are not deleted, in an order of their list."""
    return models.Index(
        fields=[*columns, "id"],
        condition=models.Q(deleted_at=None, **only),
        name=f"apikeys_apikey_{name}",
    )


class FixedAfterCreation(TypeError):
    """The field or the relation is set when a key is created and never again."""


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def update(self, **kwargs: Any) -> int:
        fixed = ApiKey.FIXED_FIELDS.intersection(
            name.removesuffix("_id") for name in kwargs
        )
        if fixed or "key_id" in kwargs:
            raise FixedAfterCreation(", ".join(sorted(kwargs)))
        return super().update(**kwargs)

    def bulk_create(
        self, objs: Iterable[ApiKey], *args: Any, **kwargs: Any
    ) -> list[ApiKey]:
        if kwargs.get("update_conflicts"):
            raise FixedAfterCreation("Rows are never replaced.")
        return super().bulk_create(objs, *args, **kwargs)

    def delete(self) -> NoReturn:
        raise FixedAfterCreation("Keys are deleted and purged by keys.services.")

    def present(self) -> Self:
        """Keys that are not deleted."""
        return self.filter(deleted_at=None)

    def deleted_before(self, at: datetime) -> Self:
        return self.filter(deleted_at__lt=at)

    def usable(self, at: datetime) -> Self:
        return self.present().filter(
            models.Q(expires_at=None) | models.Q(expires_at__gt=at), is_active=True
        )

    def expired(self, at: datetime) -> Self:
        return self.present().filter(expires_at__lte=at)

    def open_to_any_address(self) -> Self:
        return self.filter(networks=[])

    def with_last_use(self) -> Self:
        """Annotate `last_used` and `last_address` of the newest use of any secret."""
        uses = KeySecret.objects.filter(
            key=models.OuterRef("pk"), last_used_at__isnull=False
        ).order_by("-last_used_at", "-pk")
        return self.annotate(
            last_used=models.Subquery(uses.values("last_used_at")[:1]),
            last_address=models.Subquery(uses.values("last_used_address")[:1]),
        )

    def with_rotation(self, at: datetime) -> Self:
        """Annotate `old_token_ends_at`, which is None unless a rotation is under way."""
        older = KeySecret.objects.filter(key=models.OuterRef("pk"), expires_at__gt=at)
        return self.annotate(
            old_token_ends_at=models.Subquery(
                older.order_by("expires_at").values("expires_at")[:1]
            )
        )

    def purge(self) -> int:
        """Remove rows for good and return how many; for `keys.services` alone."""
        _, counts = super().delete()
        return counts.get(ApiKey._meta.label, 0)


class ApiKey(models.Model):
    """A credential of one outside application; its secrets are rows of their own."""

    FIXED_FIELDS = frozenset(
        {"key_id", "key_type", "location", "expires_at", "created_at", "created_by"}
    )

    key_id = models.CharField(_("ID"), max_length=20, unique=True)
    key_type = models.CharField(_("type"), max_length=40, db_index=True)
    location = models.ForeignKey(
        Location,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="keys",
        verbose_name=_("location"),
    )
    name = models.CharField(_("name"), max_length=100)
    roles: models.ManyToManyField[Group, KeyRole] = models.ManyToManyField(
        Group, through="KeyRole", related_name="keys", verbose_name=_("roles")
    )
    is_active = models.BooleanField(_("active"), default=True)
    expires_at = models.DateTimeField(
        _("expires"), null=True, blank=True, db_index=True
    )
    networks = models.JSONField(_("allowed networks"), default=list, blank=True)
    endpoints = models.JSONField(_("endpoint permissions"), default=list, blank=True)
    read_only = models.BooleanField(_("read only"), default=False)
    public_url = models.URLField(_("public URL"), blank=True)
    password = models.CharField(_("application password"), max_length=200, blank=True)
    accepts_parameters = models.BooleanField(
        _("accept credentials as parameters"), default=False
    )
    note = models.TextField(_("note"), max_length=2000, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    created_by = models.CharField(_("created by"), max_length=150)
    deleted_at = models.DateTimeField(_("deleted"), null=True, db_index=True)
    # Counts changes, so that a form filled in before another person's is noticed.
    version = models.PositiveIntegerField(default=0)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        # Related managers write through it: `location.keys.add(key)`.
        base_manager_name = "objects"
        permissions = [("manage_apis", "Can manage APIs")]
        # Of the list: its orders, and each filter that few of many keys may pass.
        indexes = [
            _listed("newest", "created_at"),
            _listed("by_name", "name"),
            _listed("open", "created_at", networks=[]),
            _listed("unlimited", "created_at", endpoints=[]),
            _listed("inactive", "created_at", is_active=False),
            _listed("read_only", "created_at", read_only=True),
            _listed("parameters", "created_at", accepts_parameters=True),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["key_type", "name"],
                condition=models.Q(deleted_at=None),
                name="apikeys_apikey_type_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        # The one rule that lives in save(): it must hold whatever code runs.
        self._may_fix_roles = self._state.adding
        if self._state.adding:
            # Else an object built with the number of a stored row would replace it.
            kwargs["force_insert"] = True
        else:
            self._refuse_fixed_changes()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise FixedAfterCreation("Keys are deleted and purged by keys.services.")

    @property
    def type(self) -> KeyType:
        return KEY_TYPES[self.key_type]

    # A plain text column, named as Django names the labels of choices.
    def get_key_type_display(self) -> str:
        return gettext(self.type.label)

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    def is_expired(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at

    def is_usable(self, at: datetime) -> bool:
        return self.is_active and not self.is_deleted and not self.is_expired(at)

    def status(self, at: datetime) -> tuple[str, str]:
        """Return the state as a text and its level (ok, bad or none)."""
        if self.is_deleted:
            return gettext("Deleted"), "bad"
        if self.is_expired(at):
            return gettext("Expired"), "bad"
        return (
            (gettext("Active"), "ok") if self.is_active else (gettext("Inactive"), "")
        )

    def _refuse_fixed_changes(self) -> None:
        names = [
            field.attname
            for field in self._meta.concrete_fields
            if field.name in self.FIXED_FIELDS
        ]
        stored = type(self).objects.filter(pk=self.pk).values(*names).first() or {}
        changed = [name for name in stored if stored[name] != getattr(self, name)]
        if changed:
            raise FixedAfterCreation(", ".join(sorted(changed)))


class KeyRoleQuerySet(models.QuerySet["KeyRole"]):
    def fix(self, key: ApiKey, roles: Iterable[Group]) -> None:
        """Give a key that was created this moment its roles, once and for all."""
        if not getattr(key, "_may_fix_roles", False):
            raise FixedAfterCreation("roles")
        key._may_fix_roles = False
        super().bulk_create([KeyRole(key=key, role=role) for role in roles])

    def bulk_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise FixedAfterCreation("roles")

    def update(self, **kwargs: Any) -> NoReturn:
        raise FixedAfterCreation("roles")

    def delete(self) -> NoReturn:
        raise FixedAfterCreation("roles")


class KeyRole(models.Model):
    """A role that a key holds: written when the key is created, then never changed."""

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="key_roles")
    role = models.ForeignKey(Group, models.PROTECT, related_name="key_roles")

    objects = KeyRoleQuerySet.as_manager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["key", "role"], name="apikeys_keyrole_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.role_id}"

    def save(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise FixedAfterCreation("roles")

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise FixedAfterCreation("roles")


class KeySecretQuerySet(models.QuerySet["KeySecret"]):
    def live(self, at: datetime) -> Self:
        return self.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=at))


class KeySecret(models.Model):
    """The digest of one secret of a key. During a rotation a key has two.

    `expires_at` is set on the older one of a rotation: the end of the overlap.
    """

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="secrets")
    digest = models.CharField(max_length=64)
    pepper = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_used_address = models.GenericIPAddressField(null=True)

    objects = KeySecretQuerySet.as_manager()

    class Meta:
        constraints = [
            # Two rotations at once cannot both win: only one secret is the newest.
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(expires_at=None),
                name="apikeys_keysecret_one_newest",
            ),
        ]

    def __str__(self) -> str:
        return f"secret {self.pk} of key {self.key_id}"

    def is_live(self, at: datetime) -> bool:
        return self.expires_at is None or at < self.expires_at
