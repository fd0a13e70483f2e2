from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ApiKeysConfig(AppConfig):
    name = "apikeys"
    verbose_name = "API"

    def ready(self) -> None:
        # All three need what is loaded by now and not before.
        import_module("apikeys.checks")
        import_module("apikeys.api.openapi")
        roles = import_module("apikeys.roles")
        post_migrate.connect(
            roles.sync_built_in_roles, dispatch_uid="apikeys.sync_built_in_roles"
        )
