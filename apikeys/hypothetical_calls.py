"""A call that nobody makes, for "would this call pass?" on every door."""

from __future__ import annotations

from datetime import datetime

from apikeys.client_ip import Address
from apikeys.endpoint_permissions import permission_for
from apikeys.endpoints import MalformedPath, normal_raw_path, without_host
from apikeys.policy import Call


def hypothetical_call(
    *, method: str, path: str, address: Address | None, at: datetime
) -> Call:
    """Return the call as the gate would see it; a full URL loses its host."""
    method = method.upper()
    try:
        normal = normal_raw_path(without_host(path.strip()))
    except MalformedPath:
        normal = None
    return Call(
        method=method,
        path=normal,
        address=address,
        at=at,
        permission=permission_for(method, normal),
    )
