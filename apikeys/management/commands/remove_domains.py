from __future__ import annotations

from apikeys.management.commands import add_domains
from apikeys.services import plugin_tokens


class Command(add_domains.Command):
    help = "Shut domains out of a plugin token, and print those that stay."
    service = staticmethod(plugin_tokens.remove_domains)
