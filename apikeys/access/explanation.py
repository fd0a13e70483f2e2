"""The answer to "would this call pass?", rule by rule. Pure, like `policy`."""

from __future__ import annotations

from dataclasses import dataclass

from apikeys.access.key_types import SELF_PATHS
from apikeys.access.paths import is_below
from apikeys.access.refusals import Refusal
from apikeys.access.rules import RULES, Call, Grant, utc


@dataclass(frozen=True, slots=True)
class Step:
    """One rule's answer. `rule` is its name in `policy` without `check_`."""

    rule: str
    passed: bool
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The steps up to the rule that decided, which is the last one."""

    refusal: Refusal | None
    steps: tuple[Step, ...]

    @property
    def allowed(self) -> bool:
        return self.refusal is None

    @property
    def rule(self) -> str:
        return self.steps[-1].rule

    @property
    def detail(self) -> str:
        return (
            self.steps[-1].text if self.refusal else "Every rule lets this call pass."
        )


def explain(grant: Grant, call: Call) -> Explanation:
    """Apply the rules in their order and say of each why it lets the call pass or not."""
    steps: list[Step] = []
    for rule in RULES:
        name = rule.__name__.removeprefix("check_")
        refusal = rule(grant, call)
        if refusal is not None:
            steps.append(Step(name, False, refusal.detail))
            return Explanation(refusal, tuple(steps))
        steps.append(Step(name, True, _reason(name, grant, call)))
    return Explanation(None, tuple(steps))


def _reason(rule: str, grant: Grant, call: Call) -> str:
    reasons = {
        "carrier": "The credential stands where the key allows it.",
        "active": "The key is active.",
        "expiry": f"The key expires at {utc(grant.expires_at)}."
        if grant.expires_at
        else "The key never expires.",
        "network": _network_reason(grant, call),
        "path": "The path is in normal form.",
        "type": _type_reason(grant, call.path or ""),
        "endpoint": _endpoint_reason(grant, call),
        "permission": f"A role holds {call.permission}."
        if call.permission
        else "The endpoint needs no permission here.",
    }
    return reasons[rule]


def _network_reason(grant: Grant, call: Call) -> str:
    for network in grant.networks:
        if call.address is not None and call.address in network:
            return f"The address {call.address} is in {network}."
    return "The key is open to any address."


def _type_reason(grant: Grant, path: str) -> str:
    for prefix in grant.covered:
        if is_below(path, prefix):
            return f"Type {grant.key_type} covers {prefix}."
    return ""


def _endpoint_reason(grant: Grant, call: Call) -> str:
    path = call.path or ""
    if path in SELF_PATHS:
        return "Every key may call this path, whatever its endpoint permissions say."
    text = "The key may call all endpoints of its type."
    for pattern in grant.endpoints:
        if pattern.matches(call.method, path):
            text = f"The endpoint permission {pattern.text} matches."
            break
    if grant.is_read_only:
        text += f" The key is read only, and {call.method} only reads."
    return text
