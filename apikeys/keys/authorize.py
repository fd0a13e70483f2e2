"""The one decision. Every entrance reads its request, calls this, and shapes the answer."""

from __future__ import annotations

from datetime import datetime

from apikeys.access import refusals, rules
from apikeys.access.client_ip import Address
from apikeys.access.credentials import PresentedCredential
from apikeys.access.explanation import Explanation, explain
from apikeys.access.paths import as_sent, judged_method, normal_raw_path
from apikeys.access.refusals import Refusal
from apikeys.access.rules import Call, Grant
from apikeys.app_settings import app_settings
from apikeys.keys.last_use import last_use
from apikeys.keys.refused_calls import named_key, record_refusal
from apikeys.keys.routes import route_table
from apikeys.keys.verification import VerifiedKey, verify


def authorize(
    presented: PresentedCredential | Refusal,
    *,
    method: str,
    path: str | None,
    address: Address | None,
    at: datetime,
) -> VerifiedKey | Refusal:
    """Return the key that makes a call, or the first reason why it may not.

    `path` is in the normal form of `access.paths`, None where it has none. A call
    that may pass is recorded as a use of the key; a refused one in the log.
    """
    if isinstance(presented, Refusal):
        record_refusal(presented, method, path, address, at)
        return presented
    verified = verify(presented.text, at)
    if isinstance(verified, Refusal):
        key_id = named_key(presented)
        record_refusal(verified, method, path, address, at, key_id=key_id)
        return verified
    call = Call(
        judged_method(method),
        path,
        address,
        at,
        route_table().find(path),
        presented.in_parameters,
    )
    refusal = rules.first_refusal(verified.grant, call)
    if refusal is not None:
        key_id = verified.grant.key_id
        record_refusal(
            refusal, method, path, address, at, key_id=key_id, is_proved=True
        )
        return _with_headers_named(refusal)
    last_use.record_use(verified.secret, address, at)
    return verified


def explain_call(
    grant: Grant, *, method: str, path: str, address: Address | None, at: datetime
) -> Explanation:
    """Explain a call that nobody makes, as the gate would see it.

    `path` is as a person types or pastes it, and is judged as a browser would send it;
    a slash that was left out in front is there.
    """
    given = as_sent(path)
    if given and not given.startswith("/"):
        given = f"/{given}"
    normal = normal_raw_path(given)
    return explain(
        grant,
        Call(judged_method(method), normal, address, at, route_table().find(normal)),
    )


def _with_headers_named(refusal: Refusal) -> Refusal:
    if refusal is not refusals.CREDENTIALS_IN_PARAMETERS:
        return refusal
    return refusal.because(
        f"{refusal.detail} Send them in a header instead: {app_settings.header_names}."
    )
