"""manage.py check_proxy against the recipes, and against recipes with a hole."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack, contextmanager

import pytest

from tests.gate.proxies import PROXIES
from tests.gate.stack import (
    HOST,
    PROJECT,
    RECIPES,
    Stack,
    Upstream,
    changed,
    free_port,
    running_nginx_recipe,
    running_product,
    running_upstream,
)


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


def check(stack, *options, token=""):
    """Run the command on a proxy that knows its hosts by name alone."""
    result = subprocess.run(
        [sys.executable, "manage.py", "check_proxy", *options],
        cwd=PROJECT,
        env=stack.product.environment | {"CHECK_PROXY_TOKEN": token},
        capture_output=True,
        text=True,
        check=False,
    )
    assert token not in (result.stdout + result.stderr) or not token
    return result


def failed(result):
    lines = result.stdout.splitlines()
    return [line.removeprefix("FAIL  ") for line in lines if line.startswith("FAIL")]


def test_recipe_lets_nothing_through(stack, key):
    result = check(
        stack,
        f"http://{HOST}:{stack.port}",
        *("--host", "crm.example.com", "--open", "/pages"),
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
        stack = Stack(port, product, place, folder)
        key = product.create_key(f"Hole {hole}")
        result = check(
            stack,
            f"http://{HOST}:{port}",
            *("--host", "crm.example.com", "--open", "/pages"),
            *("--listen", f"{HOST}:{place.server_port}"),
            token=key["token"],
        )

    assert result.returncode == 1, result.stdout + result.stderr
    assert [name for name in failed(result) if name.startswith(NAMED[hole])]


def test_without_a_stand_in_answers_alone_tell(folder, tmp_path_factory):
    """The application repeats what it got, as one that reads the header would show."""
    folder = tmp_path_factory.mktemp("echo")
    hole = HOLES["identity"]
    with running_upstream() as upstream, running_product(folder, "original") as product:
        key = product.create_key("Echo")
        arguments = ("--host", "crm.example.com", "--open", "/pages")
        outcomes = []
        for changes in ({}, hole):
            with leaky_nginx(folder, product, upstream, changes) as port:
                stack = Stack(port, product, upstream, folder)
                url = f"http://{HOST}:{port}"
                outcomes.append(check(stack, url, *arguments, token=key["token"]))

    sound, leaky = outcomes
    assert (failed(sound), sound.returncode) == ([], 0), sound.stdout + sound.stderr
    assert leaky.returncode == 1
    assert "the answer repeats the forged value" in leaky.stdout


def test_gate_that_answers_to_everybody_is_named(folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gate-for-all")
    hole = {"location ~ ^/gate(/|$) {\n        return 404;\n    }": ""}
    with running_product(folder, "original") as product:
        place = _Place(free_port())
        with leaky_nginx(folder, product, place, hole) as port:
            stack = Stack(port, product, place, folder)
            result = check(
                stack, f"http://{HOST}:{port}", "--host", "settings.example.com"
            )

    assert (result.returncode, "/gate" in failed(result)) == (1, True), result.stdout


def test_address_that_does_not_answer_is_told_from_one_that_leaks(folder, product):
    stack = Stack(0, product, _Place(0), folder)

    result = check(stack, f"http://{HOST}:{free_port()}")

    assert result.returncode == 2
    assert "ConnectionRefusedError" in result.stderr


@pytest.mark.parametrize(
    "url", ["crm.example.com", "ftp://crm", "https://a:b@crm/", "https://crm/?api=x"]
)
def test_address_that_is_none_is_refused(url, folder, product):
    assert check(Stack(0, product, _Place(0), folder), url).returncode == 2


def test_recipe_holds_in_the_command_what_it_holds_in_the_suite(stack):
    """Without a key less is tried, and nothing else is said than that."""
    result = check(stack, f"http://{HOST}:{stack.port}", "--host", "crm.example.com")

    assert failed(result) in ([], ["/gate", "/gate/"]), result.stdout
