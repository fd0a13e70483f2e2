from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from apikeys.access.names import MalformedName, normal_name
from apikeys.changes.names import same_name, taken_text

_LOCATION_TAKEN = gettext_noop("A location has this name already.")
_PERSON_TAKEN = gettext_noop("A person has this name already.")


def _normal(field: str, text: str, max_length: int) -> str:
    try:
        return normal_name(text, max_length)
    except MalformedName as error:
        raise ValidationError({field: gettext(str(error))}) from None


def _refuse_other_spelling(
    rows: models.QuerySet[Any], field: str, name: str, taken: str
) -> None:
    """Refuse a name that reads as another one; the very same is the constraint's."""
    other = same_name(rows, name, field)
    if other is not None and other != name:
        raise ValidationError({field: taken_text(taken, name, other)})


class Location(models.Model):
    name = models.CharField(max_length=100, unique=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.name = _normal("name", self.name, 100)
        others = Location.objects.exclude(pk=self.pk)
        _refuse_other_spelling(others, "name", self.name, gettext(_LOCATION_TAKEN))


_EMAIL_TAKEN = _("A person has this e-mail address already.")


_MAX_PERSON_NAME_LENGTH = 150
_NAMES_OF_A_PERSON = ("display_name", "first_name", "last_name")


def refuse_names(
    others: models.QuerySet[Any], username: str, names: Mapping[str, Any]
) -> None:
    """Refuse a user name that reads as another person's, and names that nobody can read."""
    _normal("username", username, _MAX_PERSON_NAME_LENGTH)
    for field in _NAMES_OF_A_PERSON:
        if names.get(field):
            _normal(field, names[field], _MAX_PERSON_NAME_LENGTH)
    _refuse_other_spelling(others, "username", username, gettext(_PERSON_TAKEN))


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
        refuse_names(self.all(), username, extra_fields)
        return super().create_user(username, email, password, **extra_fields)

    def create_superuser(
        self,
        username: str,
        email: str | None = None,
        password: str | None = None,
        **extra_fields: Any,
    ) -> Person:
        self._refuse_taken(email)
        refuse_names(self.all(), username, extra_fields)
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

    def clean(self) -> None:
        super().clean()
        names = {field: getattr(self, field) for field in _NAMES_OF_A_PERSON}
        refuse_names(Person.objects.exclude(pk=self.pk), self.username, names)

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
