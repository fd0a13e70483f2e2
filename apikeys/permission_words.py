"""Permissions in plain words: "Plugin tokens: view, create" and not their codenames.

They are read from the name ("app.codename") and the model that it is about, without a
query.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apikeys.choices import MANAGE_APIS

# What opens the pages of Settings. Keys have no use for these.
_SETTINGS: dict[str, str | Promise] = {
    "apikeys.view_apikey": gettext_lazy("view API keys and plugin tokens"),
    "auth.view_group": gettext_lazy("view roles"),
    "apikeys.view_auditentry": gettext_lazy("view the audit trail"),
    MANAGE_APIS: gettext_lazy("manage API keys, plugin tokens and roles"),
}
# In the order in which they are listed.
_ACTIONS: dict[str, str | Promise] = {
    "view": pgettext_lazy("permission", "view"),
    "add": pgettext_lazy("permission", "create"),
    "change": pgettext_lazy("permission", "change"),
    "delete": pgettext_lazy("permission", "delete"),
}
_SETTINGS_ORDER, _ACTIONS_ORDER = list(_SETTINGS), list(_ACTIONS)


def in_words(names: Iterable[str]) -> list[str]:
    """Return a line for each thing that the permissions are about.

    >>> in_words(["apikeys.add_plugintoken", "apikeys.view_plugintoken"])
    ["Plugin tokens: view, create"]
    """
    lines: dict[str, list[str]] = {}
    for name in sorted(names, key=order_of):
        subject, action = _subject_and_action(name)
        lines.setdefault(subject, []).append(action)
    return [f"{subject}: {', '.join(actions)}" for subject, actions in lines.items()]


def one_in_words(name: str) -> str:
    """Return the line of a single permission."""
    subject, action = _subject_and_action(name)
    return f"{subject}: {action}"


def order_of(name: str) -> tuple[bool, str, int, str]:
    """Return where a permission stands in a list: what opens Settings, then by model."""
    if name in _SETTINGS:
        return False, "", _SETTINGS_ORDER.index(name), name
    action, _sep, model = name.partition(".")[2].partition("_")
    known = _ACTIONS_ORDER.index(action) if action in _ACTIONS else len(_ACTIONS)
    return True, model, known, name


def _subject_and_action(name: str) -> tuple[str, str]:
    if name in _SETTINGS:
        return _("Settings pages"), str(_SETTINGS[name])
    app_label, _sep, codename = name.partition(".")
    action, _sep, model = codename.partition("_")
    try:
        plural = apps.get_model(app_label, model)._meta.verbose_name_plural
    except LookupError:
        # Of an application's own making: no words for it are known here.
        return _("Other"), name
    return capfirst(str(plural)), str(_ACTIONS.get(action, action))
