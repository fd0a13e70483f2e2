from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Location(models.Model):
    name = models.CharField(max_length=100, unique=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Person(AbstractUser):
    """A member of staff. Signs in with the user name or, where there is one, the e-mail."""

    display_name = models.CharField(_("display name"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="apikeys_person_email",
                violation_error_message=_("A person has this e-mail address already."),
            ),
        ]

    def get_full_name(self) -> str:
        return self.display_name or super().get_full_name()
