from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class SettingsAdminConfig(AdminConfig):
    default_site = "config.site.SettingsSite"
