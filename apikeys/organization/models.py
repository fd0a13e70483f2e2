from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Location(models.Model):
    name = models.CharField(max_length=100, unique=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


_EMAIL_TAKEN = _("A person has this e-mail address already.")


class PersonManager(UserManager["Person"]):
    # Migrations need none of this.
    use_in_migrations = False

    def with_email(self, email: str) -> models.QuerySet[Person]:
        """Return whoever has the address, without regard to case; one person at most."""
        people = self.alias(folded_email=Lower("email")).exclude(email="")
        # Folded by the database, as its constraint does.
        return people.filter(folded_email=Lower(models.Value(email)))

    def create_user(
        self,
        username: str,
        email: str | None = None,
        password: str | None = None,
        **extra_fields: Any,
    ) -> Person:
        self._refuse_taken(email)
        return super().create_user(username, email, password, **extra_fields)

    def create_superuser(
        self,
        username: str,
        email: str | None = None,
        password: str | None = None,
        **extra_fields: Any,
    ) -> Person:
        self._refuse_taken(email)
        return super().create_superuser(username, email, password, **extra_fields)

    def _refuse_taken(self, email: str | None) -> None:
        # The constraint alone would end `manage.py createsuperuser` with a traceback.
        if email and self.with_email(email).exists():
            raise ValidationError({"email": _EMAIL_TAKEN})


class Person(AbstractUser):
    """A member of staff. Signs in with the user name or, where there is one, the e-mail."""

    display_name = models.CharField(_("display name"), max_length=150, blank=True)

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="apikeys_person_email",
                violation_error_message=_EMAIL_TAKEN,
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Here, because it must hold whatever code sets a password or deactivates. Django
        # keeps a newly set password until it is saved, and not where it only hashes anew.
        newly_set = getattr(self, "_password", None)
        ends_sessions = newly_set is not None or not self.is_active
        super().save(*args, **kwargs)
        if ends_sessions:
            self.sessions.all().delete()

    def get_full_name(self) -> str:
        return self.display_name or super().get_full_name()

    def get_short_name(self) -> str:
        return self.display_name or super().get_short_name()


class PersonSession(models.Model):
    """A browser in which somebody is signed in. Its cookie alone holds the key."""

    key_digest = models.CharField(max_length=64, primary_key=True)
    # Empty before a sign-in.
    person = models.ForeignKey(
        Person, models.CASCADE, related_name="sessions", null=True
    )
    data = models.TextField()
    # From where and with what it was seen last.
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        return f"session of {self.person} since {self.started_at:%Y-%m-%d %H:%M}"
