"""Arguments of the commands about plugin tokens, in normal form."""

from __future__ import annotations

from argparse import ArgumentTypeError

from apikeys.access.names import MalformedName, normal_name
from apikeys.plugin_tokens import domains
from apikeys.plugin_tokens.rules import MAX_NAME_LENGTH


def domain_list(text: str) -> list[str]:
    """Return comma-separated domains in normal form."""
    try:
        return domains.parse_domains(text)
    except domains.MalformedDomains as error:
        raise ArgumentTypeError(str(error)) from None


def token_name(text: str) -> str:
    """Return a plugin token's name without spaces around it."""
    try:
        return normal_name(text, MAX_NAME_LENGTH)
    except MalformedName as error:
        raise ArgumentTypeError(str(error)) from None
