"""A real nginx with the recipe of docs/gate, in front of the gate and an application.

The application is a second nginx that answers at once, so that what remains is the
proxy's own work and, but on /pages, its question to the gate.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.server import HOST, Server, free_port
from tests.gate.stack import Ports, running, running_recipe
from tests.system_parts import find_nginx

_APPLICATION = """
daemon off;
worker_processes 1;
pid {folder}/application.pid;
error_log {folder}/application.log;
events {{}}
http {{
    access_log off;
    server {{
        listen {host}:{port};
        location / {{
            return 200 "ok";
        }}
    }}
}}
"""


@contextmanager
def running_nginx(folder: Path, product: Server) -> Iterator[Server]:
    """Serve the application through the recipe until the block ends."""
    port = free_port()
    configuration = folder / "application.conf"
    configuration.write_text(_APPLICATION.format(folder=folder, host=HOST, port=port))
    command = [_nginx(), "-c", str(configuration)]
    with (
        running([*command, "-e", str(folder / "application.log")], port),
        running_recipe(folder, Ports(product.port, product.port, port)) as proxy_port,
    ):
        yield Server(proxy_port)


def version() -> str:
    """Return the words of nginx about its version."""
    result = subprocess.run(  # noqa: S603 (our own words)
        [_nginx(), "-v"], capture_output=True, text=True, check=True
    )
    return result.stderr.strip().rpartition(": ")[2]


def _nginx() -> str:
    found = find_nginx()
    if found is None:
        raise RuntimeError("nginx is not installed (Debian's package has that name).")
    return str(found)
