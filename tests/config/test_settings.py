from __future__ import annotations

import os
import subprocess
import sys

import pytest


def _check(
    tmp_path, lines: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    env_file = tmp_path / "environment"
    env_file.write_text("SECRET_KEY=only-for-this-test\n" + lines)
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ENV_FILE": str(env_file),
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("place", ["environment", "file"])
def test_names_of_settings_before_they_were_renamed_stop_the_start(place, tmp_path):
    old = {"KEYRING_SIZE": "5", "KEYRING_OUTAGE_SECONDS": "60"}
    lines = "".join(f"{name}={value}\n" for name, value in old.items())

    result = _check(tmp_path, lines) if place == "file" else _check(tmp_path, **old)

    assert result.returncode == 1
    assert result.stderr.endswith(
        "ImproperlyConfigured: Rename in the environment or in the environment file:"
        " KEYRING_OUTAGE_SECONDS is now KEY_CACHE_OUTAGE_SECONDS,"
        " KEYRING_SIZE is now KEY_CACHE_SIZE\n"
    )
