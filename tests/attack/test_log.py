"""What a client can write into the server's log."""

from __future__ import annotations

import pytest

VALUE = "forged-value.example.net"


@pytest.mark.parametrize("host", [VALUE, f"{VALUE}:1:2", f"a_{VALUE}", f"<{VALUE}>"])
@pytest.mark.parametrize("path", ["/settings/login/", "/api/whoami"])
def test_bad_host_leaves_its_class_and_code(path, host, served):
    with served.logging() as lines:
        answer = served.ask(path, headers={"Host": host})

    assert answer.status in (400, 401)
    assert not [line for line in lines if VALUE in line or "Traceback" in line]


def test_bad_host_is_noticed(served):
    with served.logging() as lines:
        served.ask("/settings/login/", headers={"Host": VALUE})

    (line,) = lines
    assert line.endswith("ERROR django.security.DisallowedHost DisallowedHost (400)")


@pytest.mark.parametrize("name", ["Origin", "Referer"])
def test_forged_origin_leaves_its_class_and_code(name, served):
    with served.logging() as lines:
        answer = served.ask(
            "/settings/login/",
            method="POST",
            headers={name: f"https://{VALUE}/", "Cookie": f"csrftoken={'x' * 32}"},
            body=b"",
        )

    assert answer.status == 403
    (line,) = lines
    assert line.endswith("WARNING django.security.csrf csrf (403)")
