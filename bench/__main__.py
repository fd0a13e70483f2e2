"""`python -m bench`: measures all, prints the table, writes it to RESULTS.md."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from bench import databases, flood, lists, machine, proxy, report, scale, server
from bench.databases import Database
from bench.latency import Latency, at_half
from bench.paths import PathsInTurn
from bench.report import Results
from bench.scale import Sizes
from bench.server import FRONT, Granian, Server
from bench.subjects import (
    BARE,
    BESIDE_PATHS,
    GATE_ALONE,
    GATE_BEHIND_FRONT,
    MANY_PATHS,
    PROXIED,
    SUBJECTS,
    TIMED,
    WHERE_THE_GATE_IS,
    Subject,
    rate,
    refuse_unguarded,
)
from tests.postgres_server import running_postgres

RESULTS = Path(__file__).with_name("RESULTS.md")
SIZES = Sizes(few=1_000, total=1_000_000, many=10_000, most=100_000)
QUICK_SIZES = Sizes(few=100, total=5_000, many=1_000, most=5_000)
PARTS = (
    *("compare", "paths", "latency", "alone", "flood", "nginx"),
    *("scale", "deactivation", "lists", "plugin-tokens"),
)
# As installed, but for a bulk load that no longer waits for its own log.
POSTGRES_OPTIONS = "-c max_wal_size=4GB -c shared_buffers=512MB -c jit=off"

Measured = TypeVar("Measured")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured; a quick run only shows that everything works."""

    parts: tuple[str, ...]
    sizes: Sizes
    rounds: int
    seconds: int
    trials: int


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parse(arguments)
    parts = tuple(options.only or PARTS)
    plan = Plan(parts, SIZES, options.rounds, options.seconds, trials=20)
    if options.quick:
        plan = Plan(parts, QUICK_SIZES, rounds=1, seconds=1, trials=3)
    core, other = machine.cores()
    # All but the server stays on the other core, and so do its children.
    os.sched_setaffinity(0, {other})
    with ExitStack() as stack:
        results = _measure(plan, core, stack)
    text = "\n".join(report.lines(results)) + "\n"
    if "plugin-tokens" in parts:
        text += _plugin_tokens()
    sys.stdout.write(f"\n{text}")
    if not options.quick and not options.only:
        RESULTS.write_text(text, encoding="utf-8")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a smoke run, too short for numbers"
    )
    parser.add_argument("--only", action="append", choices=PARTS)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seconds", type=int, default=1, help="of each measurement")
    return parser.parse_args(arguments)


def _measure(plan: Plan, core: int, stack: ExitStack) -> Results:
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
    url = stack.enter_context(running_postgres(POSTGRES_OPTIONS))
    sizes, results = plan.sizes, Results(plan.sizes)
    _say(f"Making {sizes.few:,} keys ...")
    few = databases.fill(url, "few", folder, sizes.few, [sizes.few])
    serve_few = _serve("config.wsgi:application", few, core, stack)
    if {"compare", "paths", "latency", "alone"} & set(plan.parts):
        bare = _serve("bench.bare:application", few, core, stack)
        _side_by_side(plan, few, bare, serve_few, results)
        if "alone" in plan.parts:
            results.alone = _alone(plan, few, bare, core)
    if "flood" in plan.parts:
        results.flooded = _flooded(plan, few, core)
    if "nginx" in plan.parts:
        nginx = stack.enter_context(proxy.running_nginx(folder, serve_few))
        results.nginx_version = proxy.version()
        results.proxied = _latencies(plan, few, dict.fromkeys(PROXIED, nginx))
    if "scale" in plan.parts:
        _say(f"Making {sizes.total:,} keys ...")
        used = [sizes.many, sizes.most]
        many = databases.fill(url, "many", folder, sizes.total, used)
        serve_many = _serve("config.wsgi:application", many, core, stack)
        _scale(plan, (few, serve_few), (many, serve_many), results)
    if "lists" in plan.parts:
        results.list_pages = _lists(plan, url, folder)
    if "deactivation" in plan.parts:
        _say("Deactivating a key from another process ...")
        results.refused_after = scale.refused_after(serve_few, few, plan.trials)
    return results


def _serve(
    application: str,
    database: Database,
    core: int,
    stack: ExitStack,
    nice: int = 0,
) -> Granian:
    serving = server.running(application, core, database.environment, nice)
    return stack.enter_context(serving)


def _side_by_side(
    plan: Plan, database: Database, bare: Server, product: Server, results: Results
) -> None:
    def serving(subjects: Sequence[Subject]) -> dict[Subject, Server]:
        return {subject: bare if subject is BARE else product for subject in subjects}

    if "compare" in plan.parts:
        results.rates = _rates(plan, database, serving(SUBJECTS))
    if "paths" in plan.parts:
        results.paths = _rates(plan, database, serving(BESIDE_PATHS))
    if "latency" in plan.parts:
        results.latencies = _latencies(plan, database, serving(TIMED))


def _alone(
    plan: Plan, database: Database, bare: Server, core: int
) -> dict[Subject, list[float]]:
    with ExitStack() as stack:
        alone = _serve("config.gate:application", database, core, stack)
        front = _serve(FRONT, database, core, stack)
        servers = dict(zip(WHERE_THE_GATE_IS, (bare, alone, front), strict=True))
        return _rates(plan, database, servers)


def _flooded(
    plan: Plan, database: Database, core: int
) -> dict[Subject, list[flood.Flooded]]:
    """Serve pages with the product's own settings, and the gate there and apart."""
    whole = replace(
        database,
        environment=database.environment
        | {"DJANGO_SETTINGS_MODULE": "bench.settings_pages", "SECURE_COOKIES": "false"},
    )
    with ExitStack() as stack:
        # As the units in docs/operations.md say.
        pages = _serve(FRONT, whole, core, stack, nice=10)
        alone = _serve("config.gate:application", whole, core, stack)
        servers: dict[Subject, Server] = {GATE_ALONE: alone, GATE_BEHIND_FRONT: pages}
        _warm_up(servers, database.credentials())

        def measure(subject: Subject) -> flood.Flooded:
            return flood.measure(
                subject, servers[subject], pages, database.credentials(), plan.seconds
            )

        return _rounds(plan, servers, measure)


def _rates(
    plan: Plan, database: Database, servers: Mapping[Subject, Server]
) -> dict[Subject, list[float]]:
    credentials, paths_in_turn = database.credentials(), PathsInTurn()

    def measure(subject: Subject) -> float:
        ask = paths_in_turn.rate if subject is MANY_PATHS else partial(rate, subject)
        return ask(servers[subject], credentials, plan.seconds)

    _warm_up(servers, credentials)
    return _rounds(plan, servers, measure)


def _latencies(
    plan: Plan, database: Database, servers: Mapping[Subject, Server]
) -> dict[Subject, list[Latency]]:
    credentials = database.credentials()

    def measure(subject: Subject) -> Latency:
        return at_half(subject, servers[subject], credentials, plan.seconds)

    _warm_up(servers, credentials)
    return _rounds(plan, servers, measure)


def _warm_up(servers: Mapping[Subject, Server], credentials: Mapping[str, str]) -> None:
    for subject, serving in servers.items():
        refuse_unguarded(subject, serving, credentials)
        rate(subject, serving, credentials, 1)


def _rounds(
    plan: Plan, subjects: Iterable[Subject], measure: Callable[[Subject], Measured]
) -> dict[Subject, list[Measured]]:
    """Measure one subject after the other, again and again: a machine's speed drifts."""
    measured: dict[Subject, list[Measured]] = {subject: [] for subject in subjects}
    names = ", ".join(subject.name for subject in measured)
    for number in range(1, plan.rounds + 1):
        _say(f"Round {number} of {plan.rounds}: {names} ...")
        for subject, found in measured.items():
            found.append(measure(subject))
    return measured


def _scale(
    plan: Plan,
    few: tuple[Database, Granian],
    many: tuple[Database, Granian],
    results: Results,
) -> None:
    sizes = plan.sizes
    _say("Filling the key caches ...")
    scale.fill_key_cache(few[1], few[0], sizes.few)
    results.megabytes = scale.fill_key_cache(many[1], many[0], sizes.many)
    for number in range(1, plan.rounds + 1):
        _say(f"Round {number} of {plan.rounds} with many keys ...")
        for keys, (database, serving) in ((sizes.few, few), (sizes.many, many)):
            measured = scale.spread_rate(serving, database, keys, plan.seconds)
            results.spread.setdefault(keys, []).append(measured)
    for _ in range(plan.rounds):
        measured = scale.spread_rate(many[1], many[0], sizes.most, plan.seconds)
        results.spread.setdefault(sizes.most, []).append(measured)
    results.queries = scale.queries(many[0], sizes.most, sizes.many)


def _lists(plan: Plan, url: str, folder: Path) -> dict[lists.Page, lists.Times]:
    sizes = (lists.FEW_KEYS, min(lists.MANY_KEYS, plan.sizes.most))
    _say(f"Lists of the Settings screens with {sizes[0]:,} and {sizes[1]:,} keys ...")
    few, many = (
        databases.fill(url, f"lists_{keys}", folder, keys, [1]) for keys in sizes
    )
    return lists.compare(few, many, plan.rounds)


def _plugin_tokens() -> str:
    """Measure them in a process of their own, which sets Django up for itself."""
    _say("Plugin tokens beside a plain view set ...")
    measured = subprocess.run(
        [sys.executable, "-m", "bench.plugin_tokens"],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = "".join(f"- {line}\n" for line in measured.stdout.splitlines())
    return (
        "\nPlugin tokens, 1,000 of them, beside a plain `ModelViewSet` with the same"
        f" decryption, lock,\naudit entry and cache version (wanted: at least 80 %):\n\n{lines}"
    )


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
