from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.models import Group, Permission
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apikeys.changes.actors import Actor
from apikeys.changes.names import same_name, taken_text
from apikeys.organization.models import Person
from apikeys.organization.roles import (
    grantable_permissions,
    permission_name,
    reads_as_built_in,
)
from apikeys.organization.services import ROLE_TAKEN
from apikeys.pages.fields import NameField, RowsField

# Where Django's own word for a thing is not ours.
_LABELS = {
    "apikeys.view_apikey": _("Can view API keys and plugin tokens"),
    "apikeys.view_auditentry": _("Can view the audit trail"),
    "auth.view_group": _("Can view roles"),
}


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


class PermissionsField(RowsField):
    def label_from_instance(self, obj: Permission) -> str:
        name = permission_name(obj)
        return f"{_LABELS.get(name, obj.name)} ({name})"


class RoleForm(forms.ModelForm):
    """The person who fills it in is `actor`, set on a subclass by the admin."""

    actor: Actor

    name = NameField(
        label=_("Name"), max_length=Group._meta.get_field("name").max_length
    )
    permissions = PermissionsField(
        Permission.objects.none(),
        label=_("Permissions"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("You can add only what you hold yourself."),
    )

    class Meta:
        model = Group
        fields = ("name", "permissions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
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
                gettext("You do not hold: %(lacking)s.")
                % {"lacking": ", ".join(lacking)}
            )
        # What the form does not offer stays as it is.
        return set(chosen) | (held - set(grantable_permissions()))
