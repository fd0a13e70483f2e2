"""What the pages of keys share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from apikeys.pages.people import may_manage

form_methods = require_http_methods(["GET", "HEAD", "POST"])


def settings_page(
    request: HttpRequest, template: str, title: str, **context: Any
) -> TemplateResponse:
    if isinstance(context.get("form"), forms.Form):
        _start_at_first_error(context["form"])
    return TemplateResponse(
        request,
        template,
        {
            **admin.site.each_context(request),
            "title": title,
            "may_manage": may_manage(request),
            **context,
        },
    )


def _start_at_first_error(form: forms.Form) -> None:
    """Let the page be read from its first error on, without a script too."""
    for field in form.visible_fields():
        if field.errors and not field.use_fieldset:
            field.field.widget.attrs["autofocus"] = True
            return
