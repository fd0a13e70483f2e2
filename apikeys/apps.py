from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import m2m_changed, post_migrate

from apikeys.choices import ActorKind, AuditAction
from apikeys.contributions import AuditSubject


class ApiKeysConfig(AppConfig):
    name = "apikeys"
    verbose_name = "API"
    audit_actions = dict(AuditAction.choices)
    actor_kinds = dict(ActorKind.choices)
    audit_subjects = (
        AuditSubject("apikeys.ApiKey", "key_id"),
        AuditSubject("apikeys.PluginToken", "public_id"),
        AuditSubject("auth.Group", "id", before="role "),
    )
    grantable_models = ("apikeys.plugintoken",)

    def ready(self) -> None:
        # All need what is loaded by now and not before.
        import_module("apikeys.checks")
        import_module("apikeys.api.openapi")
        import_module("apikeys.plugin_tokens.topol.openapi")
        roles = import_module("apikeys.organization.roles")
        groups = import_module("django.contrib.auth.models").Group
        m2m_changed.connect(
            roles.note_changed_permissions,
            sender=groups.permissions.through,
            dispatch_uid="apikeys.note_changed_permissions",
        )
        post_migrate.connect(
            roles.sync_built_in_roles, dispatch_uid="apikeys.sync_built_in_roles"
        )
