"""Asks for the pages of lists: `python -m bench.ask_lists`, as its own process.

For each line that it reads it prints the milliseconds of every page as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from http import HTTPStatus

import django

django.setup()

from django.test import Client  # noqa: E402 (needs the settings)

from apikeys.organization.models import Person  # noqa: E402
from bench.lists import PAGES  # noqa: E402

# The quickest of so many is a measurement: what else the machine does only adds.
_TRIES = 5


def main() -> None:
    client = _signed_in()
    for _order in sys.stdin:
        times = [_milliseconds(client, page.path) for page in PAGES]
        sys.stdout.write(f"{json.dumps(times)}\n")
        sys.stdout.flush()


def _signed_in() -> Client:
    """Return a client of a superadmin, whom all of the middleware answers."""
    person = Person.objects.create_superuser("looker")
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    return client


def _milliseconds(client: Client, path: str) -> float:
    return min(_once(client, path) for _try in range(_TRIES))


def _once(client: Client, path: str) -> float:
    started = time.perf_counter()
    answer = client.get(path)
    taken = time.perf_counter() - started
    if answer.status_code != HTTPStatus.OK:
        raise RuntimeError(f"{path} answered {answer.status_code}.")
    return taken * 1_000


if __name__ == "__main__":
    main()
