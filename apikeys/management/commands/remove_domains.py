from __future__ import annotations

from apikeys.management.commands import add_domains
from apikeys.plugin_tokens import services


class Command(add_domains.Command):
    help = "Shut domains out of a plugin token, and print those that stay."
    service = staticmethod(services.remove_domains)
