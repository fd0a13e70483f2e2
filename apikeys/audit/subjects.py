"""From an audit entry to the page of what it is about, while that still exists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse

from apikeys.contributions import AuditSubject, contributed


def pages_of(request: HttpRequest, subject_ids: Iterable[str]) -> dict[str, str]:
    """Return the address of each subject's page that this person may open."""
    wanted = set(subject_ids)
    pages: dict[str, str] = {}
    for subject in (each for group in contributed("audit_subjects") for each in group):
        pages |= _pages(request, subject, wanted)
    return pages


def _pages(
    request: HttpRequest, subject: AuditSubject, wanted: set[str]
) -> dict[str, str]:
    model: Any = apps.get_model(subject.model)
    field = model._meta.get_field(subject.field)
    values = list(_values(field, subject.before, wanted))
    if not values or not _may_open(request, model):
        return {}
    rows = model._base_manager.filter(**{f"{subject.field}__in": values})
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    return {
        f"{subject.before}{value}": reverse(name, args=[value])
        for value in rows.values_list(subject.field, flat=True)
    }


def _values(field: Any, before: str, wanted: set[str]) -> Iterable[Any]:
    for text in wanted:
        if text.startswith(before):
            try:
                value = field.to_python(text.removeprefix(before))
                field.run_validators(value)
            except ValidationError:
                continue
            yield value


def _may_open(request: HttpRequest, model: Any) -> bool:
    if not admin.site.is_registered(model):
        return False
    return bool(admin.site.get_model_admin(model).has_view_permission(request))
