"""`python -m bench.plugin_tokens`: plugin tokens beside a plain `ModelViewSet`.

Requests a second of the list of 1,000 tokens and of add-domains, through the whole
of Django in this process and a PostgreSQL of its own; the product is to do at least
80 % of what the plain view set does. Rounds alternate, and the median counts.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from config.first_run import fresh_secrets
from tests.postgres_server import running_postgres

TOKENS = 1_000
FLOOR = 0.8
ROUNDS, SECONDS = 7, 1.0
BASES = {"product": "/api/api-tokens", "plain": "/api/egress/plain-tokens"}

Call = Callable[[], int]


def main() -> int:
    with running_postgres("-c jit=off") as url:
        os.environ |= {
            **fresh_secrets(),
            "ENV_FILE": os.devnull,
            "DATABASE_URL": url,
            "SECURE_COOKIES": "false",
            "LAST_USE_FLUSH_SECONDS": "86400",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        shares = _measured()
    return 0 if min(shares) >= FLOOR else 1


def _measured() -> list[float]:
    import django  # noqa: PLC0415 (needs the environment)

    django.setup()

    from django.db import connection  # noqa: PLC0415

    client, authorization, ids = _prepared()
    shares = []
    for name, call_of in (("list", _list), ("add-domains", _add_domains)):
        calls = {
            subject: call_of(client, authorization, base, ids)
            for subject, base in BASES.items()
        }
        rates = _rates(calls)
        shares.append(rates["product"] / rates["plain"])
        sys.stdout.write(
            f"{name}: {rates['product']:,.0f} a second, plain {rates['plain']:,.0f},"
            f" {shares[-1]:.0%}\n"
        )
    # Before its server stops.
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL alone has it
    return shares


def _prepared() -> tuple[Any, str, list[str]]:
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.auth.models import Group  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    settings.ROOT_URLCONF = "bench.plugin_token_views"
    settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
    call_command("migrate", verbosity=0)

    from apikeys.changes.actors import OPERATOR  # noqa: PLC0415
    from apikeys.keys.services import issue_key  # noqa: PLC0415
    from apikeys.keys.values import KeySettings  # noqa: PLC0415
    from apikeys.plugin_tokens.services import issue_plugin_token  # noqa: PLC0415

    change: dict[str, Any] = {"actor": OPERATOR, "at": timezone.now()}
    ids = [
        str(
            issue_plugin_token(
                name=f"tenant {number}", domains=["example.com"], **change
            ).token.public_id
        )
        for number in range(TOKENS)
    ]
    roles = [Group.objects.get(name="Full access")]
    issued = issue_key(
        key_type="v1",
        fields=KeySettings("bench"),
        roles=roles,
        expires_at=None,
        **change,
    )
    return Client(SERVER_NAME="localhost"), f"Bearer {issued.token.text}", ids


def _list(client: Any, authorization: str, base: str, ids: list[str]) -> Call:
    def call() -> int:
        response = client.get(base, HTTP_AUTHORIZATION=authorization)
        return int(response.status_code)

    return call


def _add_domains(client: Any, authorization: str, base: str, ids: list[str]) -> Call:
    numbers = count()

    def call() -> int:
        number = next(numbers)
        response = client.post(
            f"{base}/{ids[number % TOKENS]}/add-domains",
            json.dumps({"domains": f"tenant{number}.example.org"}),
            "application/json",
            HTTP_AUTHORIZATION=authorization,
        )
        return int(response.status_code)

    return call


def _rates(calls: dict[str, Call]) -> dict[str, float]:
    """Return the median of the rounds, after one round that does not count."""
    rates: dict[str, list[float]] = {subject: [] for subject in calls}
    for _ in range(ROUNDS + 1):
        for subject, call in calls.items():
            rates[subject].append(_rate(call))
    return {subject: statistics.median(found[1:]) for subject, found in rates.items()}


def _rate(call: Call) -> float:
    started, calls = time.perf_counter(), 0
    while (spent := time.perf_counter() - started) < SECONDS:
        if call() != 200:  # noqa: PLR2004 (the one success of this family)
            raise RuntimeError("A call was refused; its rate would mean nothing.")
        calls += 1
    return calls / spent


if __name__ == "__main__":
    sys.exit(main())
