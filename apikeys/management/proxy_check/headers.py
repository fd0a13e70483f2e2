"""Headers in which a client could pass itself off as another, or a call as another.

The recipes of docs/gate drop or overwrite each of them; tests/gate holds every recipe
and docs/operations.md to these lists.
"""

from __future__ import annotations

# What the gate says of the key.
IDENTITY = ("X-Api-Key-Id", "X-Api-Key-Name", "X-Api-Location", "X-Api-Roles")

# What frameworks and servers read as another value of a part of the call.
METHOD = (
    "X-HTTP-Method-Override",
    "X-HTTP-Method",
    "X-Method-Override",
    "X-Original-Method",
    "X-Forwarded-Method",
)
PATH = (
    "X-Original-URL",
    "X-Original-URI",
    "X-Rewrite-URL",
    "X-Forwarded-Uri",
    "X-Forwarded-Path",
    "X-Forwarded-Prefix",
    "X-Script-Name",
    "X-Envoy-Original-Path",
)
HOST = (
    "Forwarded",
    "X-Forwarded-Host",
    "X-Forwarded-Server",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Forwarded-Scheme",
    "X-Forwarded-Ssl",
    "X-Host",
    "X-HTTP-Host-Override",
    "X-Original-Host",
    "X-Scheme",
    "X-Url-Scheme",
    "Front-End-Https",
    "Proxy",
)
ADDRESS = (
    "X-Forwarded-For",
    "X-Real-IP",
    "X-Client-IP",
    "Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "Fastly-Client-IP",
    "X-Cluster-Client-IP",
    "X-Originating-IP",
    "X-Remote-IP",
    "X-Remote-Addr",
    "X-ProxyUser-Ip",
)
OVERRIDES = (*METHOD, *PATH, *HOST, *ADDRESS)

# Characters of header names (RFC 9110) that WSGI, CGI and PHP may read as a hyphen.
FOLDED = "_.!#$%&'*+^`|~"


def spellings(name: str) -> tuple[str, ...]:
    """Return names that an application may take for this one, its own first."""
    parts = name.split("-")
    folded = [sign.join(parts) for sign in FOLDED]
    mixed = ["-".join(parts[:-1]) + sign + parts[-1] for sign in "_."]
    return (name, name.lower(), *folded, *(mixed if len(parts) > 1 else ()))
