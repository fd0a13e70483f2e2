"""The proxies that docs/gate has recipes for, each started with its very file."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.gate.stack import (
    HOST,
    PATIENCE_SECONDS,
    RECIPES,
    STEP_SECONDS,
    Product,
    Switches,
    Upstream,
    changed,
    free_port,
    program,
    running,
    running_caddy,
    running_nginx,
    switched,
    system_program,
)


@dataclass(frozen=True)
class Proxy:
    """A recipe: which family of gate headers it needs and how it is started."""

    name: str
    gate_headers: str
    start: Callable[[Path, Product, Upstream, Switches], AbstractContextManager[int]]


@contextmanager
def running_traefik(
    folder: Path, product: Product, upstream: Upstream, switches: Switches = ()
) -> Iterator[int]:
    """Serve docs/gate/traefik.yml and traefik-dynamic.yml and yield the port."""
    port, gate_port = free_port(), free_port()
    dynamic = changed(
        switched((RECIPES / "traefik-dynamic.yml").read_text(), switches),
        {
            "127.0.0.1:8000": f"{HOST}:{product.port}",
            "127.0.0.1:8001": f"{HOST}:{product.gate_port}",
            "127.0.0.1:9000": f"{HOST}:{upstream.server_port}",
            "127.0.0.1:8081": f"{HOST}:{gate_port}",
        },
    )
    static = changed(
        (RECIPES / "traefik.yml").read_text(),
        {
            'address: ":443"': f'address: "{HOST}:{port}"',
            "127.0.0.1:8081": f"{HOST}:{gate_port}",
            # TLS needs certificates and would show nothing more of the gate.
            "      tls: {}\n": "",
            "/etc/traefik/": f"{folder}/",
        },
    )
    (folder / "traefik-dynamic.yml").write_text(dynamic)
    (folder / "traefik.yml").write_text(static)
    command = [program("traefik"), f"--configFile={folder / 'traefik.yml'}"]
    with running(command, port):
        _await_routes(port)
        yield port


def _await_routes(port: int) -> None:
    """Traefik listens before it has read its routes, and says 404 until then."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(HOST, port, timeout=10)
        connection.request("GET", "/", headers={"Host": "crm.example.com"})
        status = connection.getresponse().status
        connection.close()
        if status != HTTPStatus.NOT_FOUND:
            return
        time.sleep(STEP_SECONDS)
    raise AssertionError(f"Traefik has no routes after {PATIENCE_SECONDS} s.")


@contextmanager
def running_envoy(
    folder: Path, product: Product, upstream: Upstream, switches: Switches = ()
) -> Iterator[int]:
    """Serve docs/gate/envoy.yaml and yield the port."""
    port = free_port()
    recipe = changed(
        switched((RECIPES / "envoy.yaml").read_text(), switches),
        {
            "address: 0.0.0.0, port_value: 8080": f"address: {HOST}, port_value: {port}",
            "http://127.0.0.1:8001": f"http://{HOST}:{product.gate_port}",
            "address: 127.0.0.1, port_value: 8000": f"address: {HOST}, port_value: {product.port}",
            "address: 127.0.0.1, port_value: 8001": f"address: {HOST}, port_value: {product.gate_port}",
            "address: 127.0.0.1, port_value: 9000": f"address: {HOST}, port_value: {upstream.server_port}",
        },
    )
    (folder / "envoy.yaml").write_text(recipe)
    command = [program("envoy"), "-c", str(folder / "envoy.yaml"), "-l", "error"]
    # Else every Envoy of this machine would share one segment of memory.
    with running([*command, "--disable-hot-restart", "--concurrency", "1"], port):
        yield port


_PROXIES = (
    Proxy("nginx", "original", running_nginx),
    Proxy("caddy", "forwarded", running_caddy),
)
# What `make test` does not fetch.
_FURTHER_PROXIES = (
    Proxy(
        "caddy-of-debian",
        "forwarded",
        partial(running_caddy, binary=system_program("caddy") or "caddy"),
    ),
    Proxy("traefik", "forwarded", running_traefik),
    Proxy("envoy", "path", running_envoy),
)
PROXIES = [
    *(pytest.param(proxy, id=proxy.name) for proxy in _PROXIES),
    *(
        pytest.param(proxy, id=proxy.name, marks=pytest.mark.gateways)
        for proxy in _FURTHER_PROXIES
    ),
]
