from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apikeys.keys.verification import VerifiedKey


class IsKey(BasePermission):
    """Only keys; what a key may do was asked when it was authenticated."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, VerifiedKey)


class IsKeyOrStaff(BasePermission):
    """For the description of the API: any key, or a person who may see Settings."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.user is not None and request.user.is_authenticated
