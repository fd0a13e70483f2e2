"""A call that nobody makes, for "would this call pass?" on every entrance."""

from __future__ import annotations

from datetime import datetime

from apikeys.access.client_ip import Address
from apikeys.access.endpoint_permissions import permission_for
from apikeys.access.paths import judged_method, normal_raw_path, without_host
from apikeys.access.rules import Call, Grant


def hypothetical_call(
    grant: Grant, *, method: str, path: str, address: Address | None, at: datetime
) -> Call:
    """Return the call as the gate would see it; a full URL loses its host."""
    normal = normal_raw_path(without_host(path.strip()))
    return Call(
        path=normal,
        address=address,
        is_late=grant.has_expired(at),
        permission=permission_for(method, normal),
        method=judged_method(method),
    )
