from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apikeys import policy
from apikeys.api.authentication import request_path
from apikeys.api.problems import Refused
from apikeys.endpoint_permissions import permission_for
from apikeys.keyring import Proved


class HoldsEndpointPermission(BasePermission):
    """Only keys, and only those whose roles hold what the endpoint needs."""

    def has_permission(self, request: Request, view: Any) -> bool:
        proved, inner = request.auth, request._request
        if not isinstance(proved, Proved):
            return False
        needed = permission_for(inner.method or "", request_path(inner))
        refusal = policy.lacking(proved.grant, needed)
        if refusal is not None:
            raise Refused(refusal)
        return True


class IsKeyOrStaff(BasePermission):
    """For the description of the API: any key, or a person who may see Settings."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.user is not None and request.user.is_authenticated
