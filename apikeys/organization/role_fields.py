"""The choice of a key's roles, which is made once: each says what it gives."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apikeys.organization.roles import given_to_keys
from apikeys.pages.fields import RowsField


class KeyRolesField(RowsField):
    def label_from_instance(self, obj: Group) -> SafeString:
        nothing = _("no permission of its own; the CRM behind the gate gets its name")
        gives = "; ".join(given_to_keys(obj)) or nothing
        return format_html(
            '<span class="role">{} <small>{}</small></span>', obj.name, gives
        )
