"""What the pages of keys share."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apikeys.access import may_manage
from apikeys.models import ApiKey
from apikeys.tokens import is_public_id

form_methods = require_http_methods(["GET", "HEAD", "POST"])


def get_key(key_id: str) -> ApiKey:
    keys = ApiKey.objects.select_related("location").with_last_use()
    key = keys.filter(key_id=key_id).first() if is_public_id(key_id) else None
    if key is None:
        raise Http404
    return key


def get_present_key(key_id: str) -> ApiKey:
    key = get_key(key_id)
    if key.is_deleted:
        raise Http404
    return key


def key_url(key_id: str) -> str:
    return reverse("admin:apikeys_apikey_change", args=[key_id])


def settings_page(
    request: HttpRequest, template: str, title: str, **context: Any
) -> TemplateResponse:
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
