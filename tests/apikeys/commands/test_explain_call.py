from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.utils import timezone

from apikeys.changes.actors import OPERATOR
from apikeys.keys.services import deactivate_key, delete_key
from tests.apikeys.pages.screens import state
from tests.factories import IssuedFactory

PROJECT = Path(__file__).parents[3]


def explain(run, key, method="GET", path="/api/egress/leads", address="10.1.2.3"):
    return run("explain_call", key.key_id, method, path, "--from", address)


def test_a_call_that_passes_is_told_rule_by_rule(run, key):
    ran = explain(run, key)

    lines = ran.out.splitlines()
    assert (ran.code, ran.refusal, ran.err) == (0, "", "")
    assert lines[-1] == "Allowed"
    assert "pass  network: The address 10.1.2.3 is in 10.0.0.0/8." in lines
    assert "pass  endpoint: The endpoint permission /api/egress/* matches." in lines
    assert [line for line in lines if line.startswith("FAIL")] == []


@pytest.mark.parametrize(
    ("asked", "rule", "verdict"),
    [
        ({"address": "192.0.2.1"}, "network", "Refused: 403 ip_not_allowed"),
        ({"path": "/api/v2/leads"}, "type", "Refused: 403 type_not_allowed"),
        ({"path": "/api/ingress/x"}, "endpoint", "Refused: 403 endpoint_not_allowed"),
        ({"path": "/api/egress//x"}, "path", "Refused: 400 path_malformed"),
        ({"path": "/api/%2e%2e/x"}, "path", "Refused: 400 path_malformed"),
        ({"path": ""}, "path", "Refused: 400 path_malformed"),
    ],
)
def test_a_refused_call_names_the_rule_and_exits_with_one(
    asked, rule, verdict, run, key
):
    ran = explain(run, key, **asked)

    *_, failed, last = ran.out.splitlines()
    assert ran.code == 1
    assert failed.startswith(f"FAIL  {rule}: ")
    assert last == verdict


@pytest.mark.parametrize(
    "path", ["/api/egress/Müller", "/api/egress/M%C3%BCller", "/api/egress/a 日"]
)
def test_a_path_is_judged_as_a_browser_sends_it(path, run, key):
    ran = explain(run, key, path=path)

    assert (ran.code, ran.out.splitlines()[-1]) == (0, "Allowed")


def test_methods_and_read_only_keys_are_explained(run, db):
    key = IssuedFactory(
        fields__networks=(), fields__endpoints=("GET /api/egress/*",)
    ).key
    reading = IssuedFactory(
        fields__networks=(), fields__endpoints=(), fields__read_only=True
    ).key

    assert [
        explain(run, each, "delete").out.splitlines()[-2:] for each in (key, reading)
    ] == [
        [
            "FAIL  endpoint: No endpoint permission matches DELETE /api/egress/leads."
            " The key allows it only for GET.",
            "Refused: 403 endpoint_not_allowed",
        ],
        [
            "FAIL  endpoint: This key is read only: GET, HEAD and OPTIONS may pass,"
            " DELETE not.",
            "Refused: 403 endpoint_not_allowed",
        ],
    ]
    assert "pass  endpoint: The endpoint permission GET /api/egress/* matches." in (
        explain(run, key, "head").out.splitlines()
    )


def test_an_inactive_and_an_expired_key_refuse(run, key):
    now = timezone.now()
    deactivate_key(key.key_id, actor=OPERATOR, at=now)
    expired = IssuedFactory(at=now - timedelta(days=9), expires_at=now).key

    verdicts = [explain(run, each).out.splitlines()[-1] for each in (key, expired)]

    assert verdicts == ["Refused: 401 key_inactive", "Refused: 401 key_expired"]


def test_a_full_url_and_a_mapped_address_are_understood(run, key):
    ran = explain(
        run,
        key,
        method="get",
        path="https://crm.example/api/egress/leads?page=2",
        address="::ffff:10.1.2.3",
    )

    assert (ran.code, ran.out.splitlines()[-1]) == (0, "Allowed")


def test_an_unknown_and_a_deleted_key_exit_with_two(run, key):
    delete_key(key.key_id, actor=OPERATOR, at=timezone.now())

    refusals = [
        run("explain_call", key_id, "GET", "/api/whoami", "--from", "10.1.2.3")
        for key_id in (key.key_id, "kd_0000000000000000", "", "x", "é")
    ]

    assert {(ran.code, ran.refusal, ran.out) for ran in refusals} == {
        (2, "There is no such key.", "")
    }


@pytest.mark.parametrize("address", ["x", "10.0.0.0/8", "fe80::1%eth0", "10.0.0.1:80"])
def test_what_is_no_address_is_no_verdict(address, run, key):
    ran = explain(run, key, address=address)

    assert (ran.code, ran.refusal) == (
        2,
        f"--from needs an IP address; {address!r} is none.",
    )


def test_an_address_must_be_given_where_the_key_asks_for_one(run, key):
    ran = run("explain_call", key.key_id, "GET", "/api/whoami")

    assert (ran.code, ran.out, ran.refusal) == (
        2,
        "",
        "The key has allowed networks: say where the call comes from, with"
        " --from ADDRESS.",
    )


def test_a_key_that_is_open_to_any_address_is_explained_without_one(run, db):
    key = IssuedFactory(fields__networks=()).key

    ran = run("explain_call", key.key_id, "GET", "/api/whoami")

    assert (ran.code, ran.out.splitlines()[-1]) == (0, "Allowed")


def test_explaining_is_no_use_of_the_key(run, key):
    before = state()

    explain(run, key)

    assert state() == before


@pytest.mark.django_db(transaction=True)
def test_the_shell_sees_the_exit_codes():
    key_id = IssuedFactory(fields__networks=("10.0.0.0/8",)).key.key_id
    server = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    url = f"{server.scheme}://{server.netloc}/{name}?{server.query}"

    def code(key, address):
        done = subprocess.run(
            [
                *(sys.executable, "manage.py", "explain_call"),
                *(key, "GET", "/api/whoami", "--from", address),
            ],
            cwd=PROJECT,
            env={
                **os.environ,
                "DATABASE_URL": url,
                "DJANGO_SETTINGS_MODULE": "config.settings_test",
            },
            capture_output=True,
            check=False,
        )
        return done.returncode

    found = [
        code(key_id, "10.0.0.1"),
        code(key_id, "192.0.2.1"),
        code("kd_0000000000000000", "10.0.0.1"),
    ]

    assert found == [0, 1, 2]
