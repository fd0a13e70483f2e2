from __future__ import annotations

import pytest

from apikeys.keys.models import ApiKey

V1 = ("--type=v1", "--role=Full access", "--expires=90d")


def test_path_outside_the_type_is_warned_of_on_standard_error(run):
    ran = run(
        "create_api_key", "Billing", *V1, "--allow-ip=10.0.0.0/8", "--endpoint=/foo"
    )

    assert ApiKey.objects.get().endpoints == ["/foo"]
    assert ran.err.splitlines()[1:] == [
        "Outside the paths of this type, so no call will match: /foo. The type's own"
        " paths are /api/egress/*, /api/ingress/*, /api/api-tokens/*."
    ]


def test_changed_path_outside_the_type_is_warned_of(run, key):
    ran = run("update_api_key", key.key_id, "--endpoint=/api/v2/*")

    assert ran.err.startswith("Outside the paths of this type, so no call will match:")
    assert ApiKey.objects.get().endpoints == ["/api/v2/*"]


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("--allow-ip=0.0.0.0/0", "The key could be used from any address:"),
        ("--allow-ip=::/0", "The key could be used from any address:"),
        ("--endpoint=/*", "The key could call all endpoints of its type:"),
    ],
)
def test_open_list_is_no_restriction(option, why, run, key):
    ran = run("update_api_key", key.key_id, option)

    assert ran.code == 1
    assert ran.refusal.startswith(why)
    key.refresh_from_db()
    assert (key.networks, key.endpoints) == (["10.0.0.0/8"], ["/api/egress/*"])


def test_lists_are_read_as_on_the_screens(run, key):
    run(
        "update_api_key",
        key.key_id,
        "--allow-ip=10.0.0.1;10.0.0.2 # office",
        "--allow-ip=10.0.0.3",
    )

    key.refresh_from_db()
    assert key.networks == ["10.0.0.1/32", "10.0.0.2/32", "10.0.0.3/32"]


def test_range_is_refused_with_the_networks_that_it_means(run, key):
    ran = run("update_api_key", key.key_id, "--allow-ip=192.168.1.0-192.168.1.255")

    assert ran.refusal.endswith("Did you mean 192.168.1.0/24?")
