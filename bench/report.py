"""The table of a run and what it says about the targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

from bench import machine
from bench.latency import Latency
from bench.scale import Queries, Sizes
from bench.server import BLOCKING_THREADS
from bench.subjects import API_KEY, BARE, GATE, GATE_PATHS, OPEN, OURS, TOKEN, Subject


@dataclass
class Results:
    """What was measured so far; empty or None where it was not asked for."""

    sizes: Sizes
    rates: dict[Subject, list[float]] = field(default_factory=dict)
    spread: dict[int, list[float]] = field(default_factory=dict)
    refused_after: list[float] = field(default_factory=list)
    latency: Latency | None = None
    megabytes: float | None = None
    queries: Queries | None = None

    def ratio(self, subject: Subject, other: Subject) -> float | None:
        return _ratio(self.rates.get(subject), self.rates.get(other))

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
        " wrk and PostgreSQL (pooled connections) on the other"
    )
    yield ""
    if results.rates:
        yield from _comparison(results)
    if results.latency:
        asked = results.latency
        yield f"The gate at {asked.rate:,.0f} calls a second, half of its highest rate:"
        yield f"p50 {asked.p50:.2f} ms, p95 {asked.p95:.2f} ms, p99 {asked.p99:.2f} ms."
        yield ""
    if results.spread:
        yield from _scale(results)
    yield "| target | wanted | measured | |"
    yield "|---|---:|---:|---|"
    for target in _targets(results):
        yield target.row()


def _comparison(results: Results) -> Iterator[str]:
    rounds = max(map(len, results.rates.values()))
    yield f"One credential, over and over; calls a second, median of {rounds} rounds"
    yield "(a share or a ratio is the median of each round's own):"
    yield ""
    yield "| | calls/s | lowest to highest | of the bare callable |"
    yield "|---|---:|---|---:|"
    for subject, rates in results.rates.items():
        share = results.ratio(subject, BARE) or 0
        yield f"| {subject.title} | {_spread(rates)} | {share:.1%} |"
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


def _targets(results: Results) -> Iterator[Target]:
    sizes, ratio = results.sizes, results.ratio
    yield Target(f"gate to {API_KEY.title}", ratio(GATE, API_KEY), 18, " times")
    yield Target(f"gate to {TOKEN.title}", ratio(GATE, TOKEN), 20, " times")
    yield Target("gate to the bare callable", _percent(ratio(GATE, BARE)), 50, " %")
    yield Target(
        "gate with 20,000 paths in turn to the bare callable",
        *(_percent(ratio(GATE_PATHS, BARE)), 45, " %"),
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
    slowest = max(results.refused_after, default=None)
    trials = len(results.refused_after)
    yield Target(
        f"slowest of {trials} deactivations by another process",
        *(slowest, 0.5, " s", True),
    )


def _ratio(ours: list[float] | None, others: list[float] | None) -> float | None:
    """Return the median of each round's own ratio: its two rates drift together."""
    if not ours or not others:
        return None
    return median(our / other for our, other in zip(ours, others, strict=True))


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None else ratio * 100


def _spread(rates: Sequence[float]) -> str:
    return f"{median(rates):,.0f} | {min(rates):,.0f} to {max(rates):,.0f}"
