from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apikeys.access.client_ip import Address
from apikeys.changes.actors import Actor
from apikeys.changes.names import same_name, taken_text
from apikeys.choices import AuditAction
from apikeys.organization.models import Person
from apikeys.organization.roles import (
    grantable_permissions,
    in_order,
    permission_name,
    reads_as_built_in,
)
from apikeys.organization.services import ROLE_TAKEN
from apikeys.organization.sign_in import PasswordTry, try_password
from apikeys.pages.fields import NameField, RowsField
from apikeys.permission_words import in_words, one_in_words


class SignInForm(AdminAuthenticationForm):
    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": _(
            "Please enter the correct user name or e-mail and password of a staff"
            " account. Case matters in the user name and the password."
        ),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["username"]
        field.label = _("User name or e-mail")
        # Django allows what a user name may have, and an e-mail can be longer.
        field.widget.attrs["maxlength"] = Person._meta.get_field("email").max_length


class OwnPasswordForm(AdminPasswordChangeForm):
    """Asks for the old password, which may be tried as often as at a sign-in."""

    def __init__(
        self, *args: Any, actor: Actor, address: Address | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._actor = actor
        self._address = address

    def clean_old_password(self) -> str:
        typed: str = self.cleaned_data["old_password"]
        attempt = PasswordTry(
            typed_name=self.user.get_username(),
            person=self.user,
            address=self._address,
            actor=self._actor,
            action=AuditAction.OWN_PASSWORD_REFUSED,
            at=timezone.now(),
        )
        if not try_password(attempt, lambda: self.user.check_password(typed)):
            code = "password_incorrect"
            raise forms.ValidationError(self.error_messages[code], code=code)
        return typed


class _InOrder(forms.models.ModelChoiceIterator):
    def __iter__(self) -> Iterator[Any]:
        yield from map(self.choice, in_order(self.queryset))


class PermissionsField(RowsField):
    iterator = _InOrder

    def label_from_instance(self, obj: Permission) -> str:
        return one_in_words(permission_name(obj))


class RoleForm(forms.ModelForm):
    """The person who fills it in is `actor`, set on a subclass by the admin."""

    actor: Actor
    # What was typed before a sign-in, set likewise.
    typed: Mapping[str, Any] = {}

    name = NameField(
        label=_("Name"), max_length=Group._meta.get_field("name").max_length
    )
    permissions = PermissionsField(
        Permission.objects.none(),
        label=_("Permissions"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "“Settings pages” is for people alone; all else is for people and keys"
            " alike. You can give only what you hold yourself."
        ),
    )

    class Meta:
        model = Group
        fields = ("name", "permissions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        initial = {**(kwargs.get("initial") or {}), **self.typed}
        super().__init__(*args, **{**kwargs, "initial": initial})
        field = self.fields["permissions"]
        field.queryset = grantable_permissions()  # type: ignore[attr-defined]  # typed as any field

    def clean_name(self) -> str:
        # Refused here, before the role takes the name and looks built in itself.
        name: str = self.cleaned_data["name"]
        if reads_as_built_in(name):
            raise forms.ValidationError(gettext("A built-in role has this name."))
        other = same_name(Group.objects.exclude(pk=self.instance.pk), name)
        if other is not None and other != name:
            raise forms.ValidationError(taken_text(gettext(ROLE_TAKEN), name, other))
        return name

    def clean_permissions(self) -> Any:
        chosen = self.cleaned_data["permissions"]
        held = set(self.instance.permissions.all()) if self.instance.pk else set()
        lacking = self.actor.lacking(
            permission_name(permission) for permission in set(chosen) - held
        )
        if lacking:
            raise forms.ValidationError(
                gettext("You do not hold this yourself. %(lacking)s.")
                % {"lacking": "; ".join(in_words(lacking))}
            )
        # What the form does not offer stays as it is.
        return set(chosen) | (held - set(grantable_permissions()))
