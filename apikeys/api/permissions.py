from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apikeys import policy
from apikeys.api.authentication import request_path
from apikeys.api.problems import Refused
from apikeys.endpoint_permissions import permission_for
from apikeys.keyring import Proved
from apikeys.policy import Call


class HoldsEndpointPermission(BasePermission):
    """Only keys, and only those whose roles hold what the endpoint needs."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, Proved):
            return False
        method, path = request.method or "", request_path(request)
        call = Call(method, path, None, timezone.now(), permission_for(method, path))
        refusal = policy.check_permission(request.auth.grant, call)
        if refusal is not None:
            raise Refused(refusal)
        return True


class IsKeyOrStaff(BasePermission):
    """For the description of the API: any key, or a person who may see Settings."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.user is not None and request.user.is_authenticated
