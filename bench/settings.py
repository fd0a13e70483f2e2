"""The product's settings with the peers beside it, and as little middleware as runs.

Less middleware makes the view without authentication faster, and so the share
that authentication costs larger: the strict choice for the product.
"""

from __future__ import annotations

from config.settings import *

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "rest_framework.authtoken",
    "knox",
    "rest_framework_api_key",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "bench.urls"
# The product's own pages are not served here, and their sessions are missing.
SILENCED_SYSTEM_CHECKS = ["admin.E408", "admin.E409", "admin.E410"]
# That a guarded subject refuses a call without a credential is no news here.
LOGGING["loggers"] = {"django.request": {"level": "ERROR"}}
