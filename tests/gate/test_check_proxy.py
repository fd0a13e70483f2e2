"""manage.py check_proxy against the recipes, and against recipes with a hole."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.gate.proxies import PROXIES
from tests.gate.stack import (
    HOST,
    RECIPES,
    Stack,
    Upstream,
    changed,
    free_port,
    running_nginx_recipe,
    running_product,
    running_upstream,
)

ON_CRM = ("--host", "crm.example.com", "--open", "/pages")


@pytest.fixture(scope="module", params=PROXIES)
def stack(request, tmp_path_factory):
    proxy = request.param
    folder = tmp_path_factory.mktemp(f"{proxy.name}-checked")
    with ExitStack() as stack:
        product = stack.enter_context(running_product(folder, proxy.gate_headers))
        # Where the command stands in for the application.
        place = _Place(free_port())
        port = stack.enter_context(proxy.start(folder, product, place, ()))
        yield Stack(port, product, place, folder)


class _Place(Upstream):
    """Where an application would listen; nobody does but the command."""

    def __init__(self, port):
        self.server_port = port


@pytest.fixture(scope="module")
def key(stack):
    return stack.product.create_key("Checked")


@dataclass
class Result:
    stdout: str
    stderr: str
    returncode: int


def check(*options, token="", stdin=None):
    """Run the command as `manage.py` does."""
    out = StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHECK_PROXY_TOKEN", token)
        if stdin is not None:
            patch.setenv("CHECK_PROXY_TOKEN", "")
            patch.setattr("sys.stdin", StringIO(stdin))
        result = Result("", "", 0)
        try:
            call_command("check_proxy", *options, stdout=out)
        except CommandError as error:
            result = Result("", str(error), error.returncode)
        except SystemExit as end:
            result.returncode = int(end.code or 0)
    result.stdout = out.getvalue()
    assert not token or token not in result.stdout + result.stderr
    return result


def failed(result):
    lines = result.stdout.splitlines()
    return [line.removeprefix("FAIL  ") for line in lines if line.startswith("FAIL")]


def test_recipe_lets_nothing_through(stack, key):
    result = check(
        f"http://{HOST}:{stack.port}",
        *ON_CRM,
        *("--listen", f"{HOST}:{stack.upstream.server_port}"),
        token=key["token"],
    )

    assert (failed(result), result.returncode) == ([], 0), result.stdout + result.stderr
    assert "0 came through, 0 could not be seen" in result.stdout


@contextmanager
def leaky_nginx(folder, product, upstream, changes):
    recipe = changed(
        (RECIPES / "nginx.conf").read_text(),
        {
            "server 127.0.0.1:8000;": f"server {HOST}:{product.port};",
            "server 127.0.0.1:8001;": f"server {HOST}:{product.gate_port};",
            "server 127.0.0.1:9000;": f"server {HOST}:{upstream.server_port};",
            **changes,
        },
    )
    with running_nginx_recipe(folder, recipe) as port:
        yield port


HOLES = {
    "identity": {
        "X-Api-Location $api_location;": "X-Api-Location $http_x_api_location;"
    },
    "underscores": {"underscores_in_headers off;": "underscores_in_headers on;"},
    "dots": {"ignore_invalid_headers on;": "ignore_invalid_headers off;"},
    "method": {'    proxy_set_header X-HTTP-Method-Override "";\n': ""},
    "address": {
        "X-Forwarded-For $remote_addr;\n    proxy_set_header X-Forwarded-Host": "X-Forwarded-For $proxy_add_x_forwarded_for;\n    proxy_set_header X-Forwarded-Host"
    },
    "upgrade": {
        "Upgrade $crm_upgrade;": "Upgrade $http_upgrade;",
        "Connection $crm_connection;": "Connection $http_connection;",
    },
    "path": {"        if ($is_open = 0) {\n            return 400;\n        }\n": ""},
}
NAMED = {
    "identity": "forged identity: X-Api-Key-Id",
    "underscores": "forged identity as X_Api_Key_Id",
    "dots": "forged identity as X.Api.Key.Id",
    "method": "forged method: X-HTTP-Method-Override",
    "address": "forged address: X-Forwarded-For",
    "upgrade": "Upgrade: h2c",
    "path": "/api/whoami/..%2f..",
}


@pytest.fixture(scope="module")
def product(folder):
    with running_product(folder, "original") as product:
        yield product


@pytest.mark.parametrize("hole", HOLES)
def test_hole_in_a_recipe_is_named(hole, product, folder):
    place = _Place(free_port())
    with leaky_nginx(folder, product, place, HOLES[hole]) as port:
        key = product.create_key(f"Hole {hole}")
        result = check(
            f"http://{HOST}:{port}",
            *ON_CRM,
            *("--listen", f"{HOST}:{place.server_port}"),
            token=key["token"],
        )

    assert result.returncode == 1, result.stdout + result.stderr
    assert [name for name in failed(result) if name.startswith(NAMED[hole])]


def test_without_a_stand_in_answers_alone_tell(folder, product):
    """The application repeats what it got, as one that acts on it would show."""
    key = product.create_key("Echo")
    outcomes = []
    with running_upstream() as upstream:
        for changes in ({}, HOLES["identity"]):
            with leaky_nginx(folder, product, upstream, changes) as port:
                url = f"http://{HOST}:{port}"
                outcomes.append(check(url, *ON_CRM, token=key["token"]))

    sound, leaky = outcomes
    assert (failed(sound), sound.returncode) == ([], 0), sound.stdout + sound.stderr
    assert "cannot be seen without --listen" in sound.stdout
    assert leaky.returncode == 1
    assert "the answer repeats the forged value" in leaky.stdout


class _Overridden(Upstream):
    """An application that does what X-HTTP-Method-Override says, and repeats nothing."""

    def __init__(self):
        super().__init__()
        self.RequestHandlerClass = _Overriding


class _Overriding(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(405 if "X-HTTP-Method-Override" in self.headers else 200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


def test_answer_that_changes_with_the_forgery_tells_too(folder, product):
    key = product.create_key("Overridden")
    with (
        running_upstream(_Overridden()) as upstream,
        leaky_nginx(folder, product, upstream, HOLES["method"]) as port,
    ):
        result = check(f"http://{HOST}:{port}", *ON_CRM, token=key["token"])

    assert [name[:29] for name in failed(result)] == [
        "forged method: X-HTTP-Method-O"[:29]
    ] * 2
    assert "the answer is 405, and 200 without the forgery" in result.stdout


def test_gate_that_answers_to_everybody_is_named(folder, product):
    hole = {"location ~ ^/gate(/|$) {\n        return 404;\n    }": ""}
    with leaky_nginx(folder, product, _Place(free_port()), hole) as port:
        result = check(f"http://{HOST}:{port}", "--host", "settings.example.com")

    assert (result.returncode, failed(result)) == (1, ["/gate", "/gate/"])


def test_address_that_does_not_answer_is_told_from_one_that_leaks():
    result = check(f"http://{HOST}:{free_port()}")

    assert result.returncode == 2
    assert "ConnectionRefusedError" in result.stderr


def test_key_that_does_not_reach_the_stand_in_is_told(folder, product):
    place = _Place(free_port())
    with leaky_nginx(folder, product, place, {}) as port:
        result = check(
            f"http://{HOST}:{port}",
            *ON_CRM,
            *("--listen", f"{HOST}:{place.server_port}", "--token-stdin"),
            stdin="kd_0000000000000000_nonsense\n",
        )

    assert result.returncode == 2
    assert "GET /api/whoami with the key answers 401" in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("crm.example.com",),
        ("ftp://crm",),
        ("https://a:b@crm/",),
        ("https://crm/?api=x",),
        ("https://crm", "--listen", "9000"),
        ("https://crm", "--listen", "127.0.0.1:http"),
    ],
)
def test_address_that_is_none_is_refused(options):
    assert check(*options).returncode == 2


def test_without_a_key_less_is_tried(stack):
    result = check(f"http://{HOST}:{stack.port}", "--host", "crm.example.com")

    assert (failed(result), result.returncode) == ([], 0)
    assert "needs a key" in result.stdout
