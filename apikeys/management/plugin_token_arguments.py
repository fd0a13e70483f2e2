"""Arguments of the commands about plugin tokens, in normal form."""

from __future__ import annotations

from argparse import ArgumentTypeError

from apikeys.plugin_tokens import domains, rules


def domain_list(text: str) -> list[str]:
    """Return comma-separated domains in normal form."""
    try:
        return domains.parse_domains(text)
    except domains.MalformedDomains as error:
        raise ArgumentTypeError(str(error)) from None


def token_name(text: str) -> str:
    """Return a plugin token's name without spaces around it."""
    try:
        return rules.normal_name(text)
    except rules.MalformedName as error:
        raise ArgumentTypeError(str(error)) from None
