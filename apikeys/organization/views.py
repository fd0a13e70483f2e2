from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView, PasswordChangeView
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone

from apikeys.organization.sign_in_audit import record_sign_in
from apikeys.pages.people import actor_of, request_address


class SignInView(LoginView):
    def form_valid(self, form: Any) -> HttpResponse:
        address = request_address(self.request)
        with transaction.atomic():
            response = super().form_valid(form)
            record_sign_in(form.get_user(), address, timezone.now())
        return response


class OwnPasswordView(PasswordChangeView):
    """Ends all sessions of the person (`Person.save`) and goes on in a new one."""

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            **super().get_form_kwargs(),
            "actor": actor_of(self.request),
            "address": request_address(self.request),
        }
