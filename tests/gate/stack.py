"""A guarded application for real: a proxy, the product behind granian, a toy upstream.

The proxy runs the file of docs/gate with nothing changed but names, ports and paths.
"""

from __future__ import annotations

import atexit
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import IO, Any, NamedTuple

from tests import system_parts

PROJECT = Path(__file__).resolve().parents[2]
RECIPES = PROJECT / "docs" / "gate"
HOST, CLIENT = "127.0.0.1", "127.0.0.2"
# A test never sleeps: it asks again until this has passed.
PATIENCE_SECONDS = 30
# Names of what a recipe has in comments, to be taken in by whoever needs it.
Switches = Sequence[str]
STEP_SECONDS = 0.02


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["code"])


def assert_refused(answer: Answer, status: int, code: str, upstream: Upstream) -> None:
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert upstream.seen == []


class Upstream(ThreadingHTTPServer):
    """Answers every call with what it saw of it, and keeps that.

    It also does what makes an upgrade dangerous: asked for one, it leaves HTTP behind and
    takes whatever comes through the connection then for further calls.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Echo)
        self.seen: list[dict[str, Any]] = []


class _Echo(BaseHTTPRequestHandler):
    server: Upstream
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        call = {
            "method": self.command,
            "target": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": self.rfile.read(length).decode(),
        }
        self.server.seen.append(call)
        if "Upgrade" in self.headers:
            self.send_response(101)
            self.send_header("Connection", "Upgrade")
            self.send_header("Upgrade", self.headers["Upgrade"])
            self.end_headers()
            return
        is_broken = self.path.endswith("/broken")
        body = b"broken by itself" if is_broken else json.dumps(call).encode()
        self.send_response(500 if is_broken else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Api-Key-Id", "echoed")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer
    do_PRI = _answer

    def log_message(self, *arguments) -> None:
        pass


@dataclass
class Product:
    """The product on a database of its own: pages, which answer `/gate` as well.

    With a `gate_port` the gate has a server of its own there, as in production.
    """

    folder: Path
    gate_headers: str
    port: int
    more_environment: Mapping[str, str] = field(default_factory=dict)
    gate_port: int = 0
    server: subprocess.Popen[bytes] | None = None
    gate_server: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{
                name: os.environ[name]
                for name in ("PATH", "HOME")
                if name in os.environ
            },
            "DJANGO_SETTINGS_MODULE": "tests.gate.settings",
            "ENV_FILE": os.devnull,
            "DATABASE_URL": f"sqlite:///{self.database}",
            "SECRET_KEY": "only-for-this-test-" + "x" * 50,
            "API_KEY_PEPPERS": "1:" + "0123456789abcdef" * 4,
            "FIELD_ENCRYPTION_KEYS": "b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtb28=",
            "ALLOWED_HOSTS": "settings.example.com",
            "TRUSTED_PROXIES": f"{HOST}/32",
            "TRUST_FORWARDED_PROTO": "true",
            "SECURE_SSL_REDIRECT": "false",
            "GATE_HEADERS": self.gate_headers,
            **self.more_environment,
        }

    @property
    def database(self) -> Path:
        return self.folder / "db.sqlite3"

    def manage(self, *arguments: str) -> str:
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def create_key(self, name: str, *options: str) -> dict[str, str]:
        """Return what `create_api_key --json` tells of a new v1 key, open unless said."""
        role = ("--role", "Full access")
        openness = [
            box
            for option, box in (
                ("--allow-ip", "--open-to-any-address"),
                ("--endpoint", "--all-endpoints"),
            )
            if option not in options
        ]
        arguments = ("--type", "v1", *role, *openness, *options, "--json")
        return dict(json.loads(self.manage("create_api_key", name, *arguments)))

    def start(self) -> None:
        pages = ("--interface", "asginl", "config.asgi:application")
        self.server = self._serve(self.port, *pages)
        if self.gate_port:
            gate = ("--interface", "wsgi", "--blocking-threads", "2")
            self.gate_server = self._serve(
                self.gate_port, *gate, "config.gate:application"
            )
            await_port(self.gate_port, self.gate_server)
        await_port(self.port, self.server)

    def _serve(self, port: int, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--no-ws", "--http", "1"),
                *("--host", HOST, "--port", str(port), "--workers", "1"),
                *("--log-level", "warning", *arguments),
            ],
            cwd=PROJECT,
            env=self.environment,
        )

    def stop(self) -> None:
        for server in (self.server, self.gate_server):
            if server is not None:
                end(server)
        self.server = self.gate_server = None


@dataclass
class Stack:
    """What a test talks to."""

    port: int
    product: Product
    upstream: Upstream
    folder: Path

    def ask(
        self,
        target: str,
        token: str = "",
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        host: str = "crm.example.com",
        then: bytes = b"",
    ) -> Answer:
        """Call the proxy as a client would; the target is sent as it stands.

        `then` goes through the connection after an answer that leaves HTTP (101); what
        comes back is the body.
        """
        connection = http.client.HTTPConnection(
            HOST, self.port, timeout=10, source_address=(CLIENT, 0)
        )
        connection.putrequest(method, target, skip_host=True)
        own = {"Host": host, **(headers or {})}
        if token:
            own["Authorization"] = f"Bearer {token}"
        if body is not None:
            own["Content-Length"] = str(len(body))
        for name, value in own.items():
            connection.putheader(name, value)
        try:
            connection.endheaders(body)
            if then:
                return _after_upgrade(connection, then)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


def _after_upgrade(connection: http.client.HTTPConnection, then: bytes) -> Answer:
    # http.client would end the connection with the answer.
    reader = connection.sock.makefile("rb")
    status = int(reader.readline().split()[1])
    headers = http.client.parse_headers(reader)
    if status != 101:
        return Answer(status, headers, b"")
    connection.sock.sendall(then)
    return Answer(status, headers, reader.readline())


@contextmanager
def running_upstream(server: Upstream | None = None) -> Iterator[Upstream]:
    server = server or Upstream()
    # Bounds how long shutdown() takes.
    thread = Thread(target=server.serve_forever, args=(STEP_SECONDS,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def running_product(
    folder: Path, gate_headers: str, **more_environment: str
) -> Iterator[Product]:
    product = Product(
        folder, gate_headers, free_port(), more_environment, gate_port=free_port()
    )
    shutil.copy(_migrated_database(), product.database)
    product.start()
    try:
        yield product
    finally:
        product.stop()


@cache
def _migrated_database() -> Path:
    """Return a database with nothing in it, made once for this process."""
    folder = Path(tempfile.mkdtemp(prefix="gate-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    product = Product(folder, "original", 0)
    product.manage("migrate", "--verbosity", "0")
    return product.database


@contextmanager
def running_nginx(
    folder: Path, product: Product, upstream: Upstream, switches: Switches = ()
) -> Iterator[int]:
    """Serve docs/gate/nginx.conf and yield the port."""
    ports = Ports(product.port, product.gate_port, upstream.server_port)
    with running_recipe(folder, ports, switches) as port:
        yield port


class Ports(NamedTuple):
    """Where the servers behind a proxy listen."""

    product: int
    gate: int
    upstream: int


@contextmanager
def running_recipe(
    folder: Path, ports: Ports, switches: Switches = ()
) -> Iterator[int]:
    """Serve docs/gate/nginx.conf before servers on these ports; yield its own port."""
    servers = {
        "server 127.0.0.1:8000;": f"server {HOST}:{ports.product};",
        "server 127.0.0.1:8001;": f"server {HOST}:{ports.gate};",
        "server 127.0.0.1:9000;": f"server {HOST}:{ports.upstream};",
    }
    recipe = switched((RECIPES / "nginx.conf").read_text(), switches)
    with running_nginx_recipe(folder, changed(recipe, servers)) as port:
        yield port


@contextmanager
def running_nginx_recipe(folder: Path, recipe: str) -> Iterator[int]:
    """Serve a recipe for nginx whose servers are set; yield its own port."""
    port = free_port()
    places = {
        "listen 443 ssl;": f"listen {HOST}:{port};",
        "/var/log/nginx/": f"{folder}/",
        # TLS needs certificates and would show nothing more of the gate.
        "ssl_certificate /": "# ssl_certificate /",
        "ssl_certificate_key /": "# ssl_certificate_key /",
    }
    (folder / "recipe.conf").write_text(changed(recipe, places))
    (folder / "nginx.conf").write_text(_NGINX_AROUND.format(folder=folder))
    command = [program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with running([*command, "-e", str(folder / "start.log")], port):
        yield port


# What a distribution's own nginx.conf puts around the recipe.
_NGINX_AROUND = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/start.log;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/recipe.conf;
}}
"""


@contextmanager
def running_caddy(
    folder: Path,
    product: Product,
    upstream: Upstream,
    switches: Switches = (),
    *,
    binary: str | None = None,
) -> Iterator[int]:
    """Serve docs/gate/Caddyfile and yield the port; with the current Caddy if no other."""
    port = free_port()
    recipe = changed(
        switched((RECIPES / "Caddyfile").read_text(), switches),
        {
            # TLS needs certificates and would show nothing more of the gate.
            "\ncrm.example.com {": f"\nhttp://crm.example.com:{port} {{\n\tbind {HOST}",
            "\nsettings.example.com {": f"\nhttp://settings.example.com:{port} {{\n\tbind {HOST}",
            "127.0.0.1:8000": f"{HOST}:{product.port}",
            "127.0.0.1:8001": f"{HOST}:{product.gate_port}",
            "127.0.0.1:9000": f"{HOST}:{upstream.server_port}",
            "\n{\n": "\n{\n\tadmin off\n",
        },
    )
    (folder / "Caddyfile").write_text(recipe)
    command = [binary or program("caddy"), "run", "--config", str(folder / "Caddyfile")]
    own = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "caddy.log").open("wb") as log, running(command, port, own, log):
        yield port


@contextmanager
def guarded(folder: Path, proxy=running_nginx, gate_headers="original", switches=()):
    """Start all three, each on a free port, and end them with the block."""
    with ExitStack() as stack:
        upstream = stack.enter_context(running_upstream())
        product = stack.enter_context(running_product(folder, gate_headers))
        port = stack.enter_context(proxy(folder, product, upstream, switches))
        yield Stack(port, product, upstream, folder)


@contextmanager
def running(
    command: list[str],
    port: int,
    environment: Mapping[str, str] | None = None,
    log: IO[bytes] | None = None,
) -> Iterator[None]:
    process = subprocess.Popen(
        command, env={**os.environ, **(environment or {})}, stderr=log
    )
    try:
        await_port(port, process)
        yield
    finally:
        end(process)


def find_program(name: str) -> str | None:
    """Return a program of the virtual environment, else one of the system."""
    own = shutil.which(name, path=str(Path(sys.executable).parent))
    return own or system_program(name)


def system_program(name: str) -> str | None:
    found = system_parts.find(name)
    return str(found) if found else None


def program(name: str) -> str:
    found = find_program(name)
    assert found, f"{name} is not installed; `make test` installs it where it may."
    return found


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, (
            f"{process.args!r} ended with {process.returncode}"
        )
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(STEP_SECONDS)
        else:
            return
    raise AssertionError(f"Nothing listens on port {port} after {PATIENCE_SECONDS} s.")


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def changed(recipe: str, changes: Mapping[str, str]) -> str:
    for text, replacement in changes.items():
        assert text in recipe, f"The recipe no longer holds “{text}”."
        recipe = recipe.replace(text, replacement)
    return recipe


def switched(recipe: str, switches: Switches) -> str:
    """Take the lines that begin with `#<switch> ` into the recipe."""
    for switch in switches:
        recipe = changed(recipe, {f"#{switch} ": ""})
    return recipe
