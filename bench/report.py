"""The table of a run and what it says about the targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

from bench import lists, machine
from bench.flood import CALLS_A_SECOND, KINDS, SIGN_INS, SLOW_BODIES, Flooded
from bench.latency import Latency
from bench.scale import Queries, Sizes
from bench.server import BLOCKING_THREADS
from bench.subjects import (
    API_KEY,
    BARE,
    GATE,
    GATE_ALONE,
    GUARDED,
    MANY_PATHS,
    NGINX,
    OPEN,
    OURS,
    PATHS,
    TOKEN,
    Subject,
)

Rates = dict[Subject, list[float]]
Latencies = dict[Subject, list[Latency]]


@dataclass
class Results:
    """What was measured so far; empty or None where it was not asked for."""

    sizes: Sizes
    rates: Rates = field(default_factory=dict)
    paths: Rates = field(default_factory=dict)
    latencies: Latencies = field(default_factory=dict)
    alone: Rates = field(default_factory=dict)
    flooded: dict[Subject, list[Flooded]] = field(default_factory=dict)
    proxied: Latencies = field(default_factory=dict)
    nginx_version: str = ""
    spread: dict[int, list[float]] = field(default_factory=dict)
    refused_after: list[float] = field(default_factory=list)
    megabytes: float | None = None
    queries: Queries | None = None
    list_pages: dict[lists.Page, lists.Times] = field(default_factory=dict)

    def ratio(self, subject: Subject, other: Subject) -> float | None:
        return _ratio(self.rates.get(subject), self.rates.get(other))

    def paths_ratio(self) -> float | None:
        return _ratio(self.paths.get(MANY_PATHS), self.paths.get(BARE))

    def flooded_p99(self, kind: str) -> float | None:
        """Return the median of the gate alone, in milliseconds."""
        rounds = self.flooded.get(GATE_ALONE)
        return median(flooded[kind] for flooded in rounds) if rounds else None

    def spread_ratio(self) -> float | None:
        few, many = self.sizes.few, self.sizes.many
        return _ratio(self.spread.get(many), self.spread.get(few))


@dataclass(frozen=True, slots=True)
class Target:
    """`limit` is the least that is wanted, or the most where `is_most`."""

    text: str
    value: float | None
    limit: float
    unit: str
    is_most: bool = False

    def row(self) -> str:
        if self.value is None:
            return f"| {self.text} | {self._wanted()} | not measured | |"
        is_met = self.value <= self.limit if self.is_most else self.value >= self.limit
        word = "met" if is_met else "MISSED"
        return (
            f"| {self.text} | {self._wanted()} | {self.value:.3g}{self.unit} | {word} |"
        )

    def _wanted(self) -> str:
        return f"{'at most' if self.is_most else 'at least'} {self.limit:g}{self.unit}"


def lines(results: Results) -> Iterator[str]:
    """Yield the report as Markdown."""
    yield "# What a call costs"
    yield ""
    yield f"Measured on {datetime.now(UTC):%Y-%m-%d} by `make bench`."
    yield ""
    for line in machine.described():
        yield f"- {line}"
    yield (
        f"- granian with one worker of {BLOCKING_THREADS} threads on a core of its own;"
        " the load (wrk, h2load), nginx and PostgreSQL (pooled connections) on the other"
    )
    yield ""
    for is_measured, part in (
        (results.rates, _comparison),
        (results.paths, _many_paths),
        (results.latencies, _latency),
        (results.alone, _alone),
        (results.flooded, _flooded),
        (results.proxied, _through_nginx),
        (results.spread, _scale),
        (results.list_pages, _lists),
    ):
        if is_measured:
            yield from part(results)
    yield "| target | wanted | measured | |"
    yield "|---|---:|---:|---|"
    for target in _targets(results):
        yield target.row()


def _comparison(results: Results) -> Iterator[str]:
    rounds = len(results.rates[BARE])
    yield f"One credential, over and over; calls a second, median of {rounds} rounds"
    yield "(a share or a ratio is the median of each round's own):"
    yield ""
    yield from _rate_table(results.rates)


def _many_paths(results: Results) -> Iterator[str]:
    yield f"The gate asked about {PATHS:,} records in turn, each with a path of its own,"
    yield f"beside one path over and over; median of {len(results.paths[BARE])} rounds:"
    yield ""
    yield from _rate_table(results.paths)


def _rate_table(measured: Rates) -> Iterator[str]:
    yield "| | calls/s | lowest to highest | of the bare callable |"
    yield "|---|---:|---|---:|"
    for subject, rates in measured.items():
        share = _ratio(rates, measured[BARE]) or 0
        yield f"| {subject.title} | {_spread(rates)} | {share:.1%} |"
    yield ""


def _alone(results: Results) -> Iterator[str]:
    yield "The gate on its own bare WSGI server, and beside pages and API behind the front"
    yield f"that reads bodies; median of {len(results.alone[BARE])} rounds:"
    yield ""
    yield from _rate_table(results.alone)


def _flooded(results: Results) -> Iterator[str]:
    yield f"The gate asked {CALLS_A_SECOND} times a second while others keep pages and API busy;"
    yield "p99 in milliseconds, median of"
    yield f"{len(results.flooded[GATE_ALONE])} rounds, all servers on one core, pages and API with Nice=10 as their unit says, and no"
    yield "call refused. With pages and API it is asked a"
    yield "tenth as often during sign-ins, since it would take minutes otherwise:"
    yield ""
    yield "| | " + " | ".join(KINDS) + " |"
    yield "|---|" + "---:|" * len(KINDS)
    for subject, rounds in results.flooded.items():
        p99 = [f"{median(one[kind] for one in rounds):,.1f}" for kind in KINDS]
        yield f"| {subject.title} | " + " | ".join(p99) + " |"
    yield ""


def _latency(results: Results) -> Iterator[str]:
    rounds = len(results.latencies[BARE])
    yield "How long a call takes at half of the highest rate: each round measures the"
    yield "highest rate and then asks at half of it, on a clock of its own and not after"
    yield f"each answer (h2load); milliseconds, median of {rounds} rounds:"
    yield ""
    yield from _latency_table(results.latencies)


def _through_nginx(results: Results) -> Iterator[str]:
    proxied = results.proxied
    yield f"Through {results.nginx_version} with the recipe `docs/gate/nginx.conf`, at half of"
    yield "the highest rate as above. The application behind it answers at once, and alone"
    yield "means a path that the recipe does not guard. nginx, the application and the load"
    yield "share a core, the gate has the other:"
    yield ""
    yield from _latency_table(proxied)
    highest = {
        subject: [latency.highest for latency in latencies]
        for subject, latencies in proxied.items()
    }
    share = _ratio(highest[GUARDED], highest[NGINX]) or 0
    yield f"With the gate, nginx answers {share:.0%} of the calls that it answers alone."
    yield ""


def _latency_table(measured: Latencies) -> Iterator[str]:
    yield "| | highest, calls/s | asked, calls/s | p50 | p95 | p99 | lowest to highest p99 |"
    yield "|---|---:|---:|---:|---:|---:|---|"
    for subject, latencies in measured.items():
        highest, asked, p50, p95, p99 = (
            median(getattr(latency, name) for latency in latencies)
            for name in ("highest", "asked", "p50", "p95", "p99")
        )
        slowest = [latency.p99 for latency in latencies]
        yield (
            f"| {subject.title} | {highest:,.0f} | {asked:,.0f}"
            f" | {p50:.2f} | {p95:.2f} | {p99:.2f}"
            f" | {min(slowest):.2f} to {max(slowest):.2f} |"
        )
    yield ""


def _scale(results: Results) -> Iterator[str]:
    yield "The gate with a load spread evenly over many keys:"
    yield ""
    yield "| keys used, of those in the database | calls/s | lowest to highest |"
    yield "|---|---:|---|"
    for used, rates in results.spread.items():
        total = used if used == results.sizes.few else results.sizes.total
        yield f"| {used:,} of {total:,} | {_spread(rates)} |"
    yield ""
    if results.queries:
        asked = results.queries
        yield f"A call whose key is not in memory asks {asked.a_call:.2f} queries."
        yield f"Writing the last uses of {asked.calls:,} keys, which a worker does once"
        yield f"a minute at most, takes {asked.seconds_of_last_uses:.2f} s."
        yield ""


def _lists(results: Results) -> Iterator[str]:
    pages = results.list_pages
    rounds = len(next(iter(pages.values())).few)
    yield f"Pages of the Settings screens with {lists.FEW_KEYS:,} keys and with"
    yield f"{lists.MANY_KEYS:,} on PostgreSQL; milliseconds, median of {rounds} rounds:"
    yield ""
    yield "| | few keys | many keys | lowest to highest |"
    yield "|---|---:|---:|---|"
    for page, times in pages.items():
        yield (
            f"| {page.title} | {median(times.few):.1f} | {median(times.many):.1f}"
            f" | {min(times.many):.1f} to {max(times.many):.1f} |"
        )
    yield ""


def _targets(results: Results) -> Iterator[Target]:
    sizes, ratio = results.sizes, results.ratio
    yield Target(f"gate to {API_KEY.title}", ratio(GATE, API_KEY), 18, " times")
    yield Target(f"gate to {TOKEN.title}", ratio(GATE, TOKEN), 20, " times")
    yield Target("gate to the bare callable", _percent(ratio(GATE, BARE)), 50, " %")
    yield Target(
        f"gate with {PATHS:,} paths in turn to the bare callable",
        *(_percent(results.paths_ratio()), 45, " %"),
    )
    yield Target(
        "our DRF authentication to the view without",
        *(_percent(ratio(OURS, OPEN)), 85, " %"),
    )
    yield Target(
        f"{sizes.many:,} of {sizes.total:,} keys to {sizes.few:,} of {sizes.few:,}",
        *(_percent(results.spread_ratio()), 90, " %"),
    )
    yield Target(
        f"memory of {sizes.many:,} remembered keys", results.megabytes, 60, " MB", True
    )
    for page, times in results.list_pages.items():
        text = f"{page.title}, many keys to few"
        yield Target(text, times.ratio, page.limit, " times", True)
    for kind in (SIGN_INS, SLOW_BODIES):
        yield from _flood_targets(results, kind)
    slowest = max(results.refused_after, default=None)
    trials = len(results.refused_after)
    yield Target(
        f"slowest of {trials} deactivations by another process",
        *(slowest, 0.5, " s", True),
    )


def _flood_targets(results: Results, kind: str) -> Iterator[Target]:
    flooded, quiet = results.flooded_p99(kind), results.flooded_p99(KINDS[0])
    name = f"p99 of the gate alone, {kind}"
    yield Target(name, flooded, 10, " ms", True)
    ratio = flooded / quiet if flooded and quiet else None
    yield Target(f"{name}, to the quiet one", ratio, 2, " times", True)


def _ratio(ours: list[float] | None, others: list[float] | None) -> float | None:
    """Return the median of each round's own ratio: its two rates drift together."""
    if not ours or not others:
        return None
    return median(our / other for our, other in zip(ours, others, strict=True))


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None else ratio * 100


def _spread(rates: Sequence[float]) -> str:
    return f"{median(rates):,.0f} | {min(rates):,.0f} to {max(rates):,.0f}"
