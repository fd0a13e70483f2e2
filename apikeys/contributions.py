"""What apps tell each other as values on their `AppConfig`, so that none imports a higher one.

`audit_actions` and `actor_kinds` map stored texts to labels; `grantable_models`
name the models (`app.model`) whose permissions a key's role may hold; `audit_subjects`
say of which rows the audit trail can open the page.
`docs/architecture.md` lists all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps


@dataclass(frozen=True, slots=True)
class AuditSubject:
    """The rows that audit entries name: `before` and the value of a field.

    Their page is the change page of the model on the Settings screens.
    """

    model: str
    field: str
    before: str = ""


def contributed(name: str) -> Iterator[Any]:
    """Yield what each app contributes under a name, in the order of `INSTALLED_APPS`."""
    for config in apps.get_app_configs():
        if hasattr(config, name):
            yield getattr(config, name)


def labels(name: str) -> dict[str, Any]:
    """Return the contributed labels by their stored text."""
    return {value: label for each in contributed(name) for value, label in each.items()}


def label(name: str, value: str) -> str:
    """Return the label of a stored text; one that no app knows any more is its own."""
    return str(labels(name).get(value, value))
