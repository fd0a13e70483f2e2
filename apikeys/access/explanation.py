"""The answer to "would this call pass?", rule by rule. Pure, like `policy`."""

from __future__ import annotations

from dataclasses import dataclass

from apikeys.access.refusals import Refusal
from apikeys.access.rules import RULES, Call, Grant


@dataclass(frozen=True, slots=True)
class Step:
    """One rule's answer. `rule` is its name in `rules`."""

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
        refusal = rule.check(grant, call)
        if refusal is not None:
            steps.append(Step(rule.name, False, refusal.detail))
            return Explanation(refusal, tuple(steps))
        steps.append(Step(rule.name, True, rule.reason(grant, call)))
    return Explanation(None, tuple(steps))
