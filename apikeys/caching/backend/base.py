"""Django's PostgreSQL backend, but for pages and endpoints during an outage.

Each of them would wait for the pool, and together they would hold every thread, of which
a call with a remembered key needs one too.
"""

from __future__ import annotations

from typing import Any

from django.db import OperationalError
from django.db.backends.postgresql import base

from apikeys.caching.deadlines import has_own_limit
from apikeys.caching.outage import outage


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        # Whoever set a limit of its own is the one who finds out.
        if outage.is_known and not has_own_limit():
            raise OperationalError("The database is known to be lost.")
        return super().get_new_connection(conn_params)
