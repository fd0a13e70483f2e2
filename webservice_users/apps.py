from __future__ import annotations

from django.apps import AppConfig


class WebserviceUsersConfig(AppConfig):
    name = "webservice_users"
    verbose_name = "Web service"
