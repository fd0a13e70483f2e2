"""One table of tries, the same for all workers and servers: who tried what how often.

A `Limit` says how many tries pass in which time. A `Counter` is what it is held
against: one subject (an account, a key) seen from one network, or the network as a
whole. A limit is never held against a subject alone, or a stranger could lock its
owner out.

A try is counted before it is made and given back if it was none in the end, so that
tries at the same moment cannot pass together. Times are cut into slices, a fifth of
the limit's, and a slice counts until it is wholly over: never more than `count` tries
pass in any stretch of `per`.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_network

from django.db import connections, models, router, transaction
from django.db.models import F, Sum
from django.utils.crypto import salted_hmac

from apikeys.access.client_ip import Address
from apikeys.counting.models import TryCount

_SLICES = 5
# From here slices are laid out, on every server alike.
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
# Whoever has IPv6 has at least so many addresses (RFC 6177).
_IPV6_PREFIX = 64
_UNKNOWN = "unknown"
# Each new row takes away more old ones than it adds.
_PURGED_AT_ONCE = 100
_COLUMNS = ("name", "subject", "network", "starts_at", "counts_until", "count")
_KEY = _COLUMNS[:4]


class TooManyTries(Exception):
    """A limit is used up; `wait` is how long until one more try may pass."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("Too many tries.")
        self.wait = wait

    @property
    def wait_seconds(self) -> int:
        """The wait as `Retry-After` has it (RFC 9110, 10.2.3)."""
        return max(1, math.ceil(self.wait.total_seconds()))


@dataclass(frozen=True, slots=True)
class Limit:
    """`count` tries of what `name` says may be made in any stretch of `per`."""

    name: str
    count: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class Counter:
    """What a limit is held against. Make it with `counter`."""

    limit: Limit
    subject: str
    network: str


def counter(limit: Limit, address: Address | None, subject: str = "") -> Counter:
    """Return the counter of a subject seen from an address, or of the address alone.

    An IPv6 address counts with its /64. Addresses that are not known are one network.
    A subject is told apart without regard to case and kept as a keyed digest: it may be
    long or hostile, or a password that was typed into the wrong field.
    """
    return Counter(limit, _digest(subject) if subject else "", network_of(address))


def network_of(address: Address | None) -> str:
    """Return what an address is counted with, as text."""
    if address is None:
        return _UNKNOWN
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _IPV6_PREFIX), strict=False))
    return str(address)


def spend(counters: Sequence[Counter], at: datetime) -> list[int]:
    """Count one try with each counter; return the number of the try with each of them.

    Raises `TooManyTries` if one of them is used up, and then none has counted it. What
    is refused is read only: a flood does not write.
    """
    if wait := _longest_wait(counters, at):
        raise TooManyTries(wait)
    numbers = [_add(each, at) for each in counters]
    if any(
        number > each.limit.count
        for each, number in zip(counters, numbers, strict=True)
    ):
        # Others came in between.
        wait = _longest_wait(counters, at)
        give_back(counters, at)
        raise TooManyTries(wait)
    return numbers


def give_back(counters: Sequence[Counter], at: datetime) -> None:
    """Take back a try that was counted at this very time."""
    for each in counters:
        rows = _rows(each).filter(starts_at=_slice(each.limit, at), count__gt=0)
        rows.update(count=F("count") - 1)


def clear(counters: Sequence[Counter]) -> None:
    """Begin anew, as after a success."""
    for each in counters:
        _rows(each).delete()


def _digest(subject: str) -> str:
    folded = unicodedata.normalize("NFKC", subject).strip().casefold()
    # No two texts may have the same bytes, whatever a caller sent.
    value = folded.encode("utf-8", "surrogatepass")
    return salted_hmac("apikeys.counting.tries", value, algorithm="sha256").hexdigest()


def _rows(each: Counter) -> models.QuerySet[TryCount]:
    return TryCount.objects.filter(
        name=each.limit.name, subject=each.subject, network=each.network
    )


def _slice(limit: Limit, at: datetime) -> datetime:
    """Return when the slice begins that holds a moment."""
    length = limit.per / _SLICES
    begun = (at - _BEGINNING) // length
    return _BEGINNING + begun * length


def _longest_wait(counters: Sequence[Counter], at: datetime) -> timedelta:
    return max(_wait(each, at) for each in counters)


def _wait(each: Counter, at: datetime) -> timedelta:
    """Return how long until the counter has room, zero if it has."""
    slices = list(
        _rows(each)
        .filter(counts_until__gt=at)
        .order_by("starts_at")
        .values_list("counts_until", "count")
    )
    left = sum(count for _, count in slices)
    wait = timedelta()
    for until, count in slices:
        if left < each.limit.count:
            break
        left -= count
        wait = until - at
    return wait


def _add(each: Counter, at: datetime) -> int:
    """Count one try; return the how manieth it is of those that count now."""
    starts_at = _slice(each.limit, at)
    in_slice = _upsert(each, starts_at)
    if in_slice == 1:
        _purge(at)
    earlier = _rows(each).filter(counts_until__gt=at).exclude(starts_at=starts_at)
    return in_slice + (earlier.aggregate(total=Sum("count"))["total"] or 0)


def _upsert(each: Counter, starts_at: datetime) -> int:
    """Add one to the row of a slice in one statement; return what it holds then.

    The ORM cannot add: its `update_conflicts` sets. SQLite and PostgreSQL read this
    alike.
    """
    alias = router.db_for_write(TryCount)
    connection = connections[alias]
    values = (
        *(each.limit.name, each.subject, each.network, starts_at),
        starts_at + each.limit.per / _SLICES + each.limit.per,
        1,
    )
    fields = map(TryCount._meta.get_field, _COLUMNS)
    quote = connection.ops.quote_name
    table, count = quote(TryCount._meta.db_table), quote("count")
    sql = (
        f"INSERT INTO {table} ({', '.join(map(quote, _COLUMNS))})"  # noqa: S608 - names alone
        f" VALUES ({', '.join(['%s'] * len(_COLUMNS))})"
        f" ON CONFLICT ({', '.join(map(quote, _KEY))})"
        f" DO UPDATE SET {count} = {table}.{count} + EXCLUDED.{count}"
        f" RETURNING {count}"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            [
                field.get_db_prep_save(value, connection)  # type: ignore[union-attr]  # all are columns
                for field, value in zip(fields, values, strict=True)
            ],
        )
        [[total]] = cursor.fetchall()
    return int(total)


def _purge(at: datetime) -> None:
    """Delete some of the rows that count no more, and wait for nobody who does so too."""
    with transaction.atomic():
        old = TryCount.objects.filter(counts_until__lte=at).order_by("counts_until")
        some = old.select_for_update(skip_locked=True)[:_PURGED_AT_ONCE]
        found = list(some.values_list("pk", flat=True))
        TryCount.objects.filter(pk__in=found).delete()
