from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

from config import first_run

SECRET_NAMES = ["SECRET_KEY", "API_KEY_PEPPERS", "FIELD_ENCRYPTION_KEYS"]


@pytest.fixture
def env_file(tmp_path, monkeypatch):
    path = tmp_path / ".env"
    monkeypatch.setenv("ENV_FILE", str(path))
    for name in SECRET_NAMES:
        monkeypatch.delenv(name, raising=False)
    return path


@pytest.fixture
def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def test_first_run_writes_a_file_for_the_owner_alone(env_file, free_port):
    assert first_run.main(["--port", free_port]) == 0

    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    assert [path.name for path in env_file.parent.iterdir()] == [".env"]


def test_written_file_starts_the_project(env_file, free_port):
    first_run.main(["--port", free_port])

    result = subprocess.run(
        [sys.executable, "manage.py", "check"],
        # Django 6.1 opens the database for its checks, too.
        env={"ENV_FILE": str(env_file), "DATABASE_URL": "sqlite://:memory:"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.stdout == "System check identified no issues (0 silenced).\n"


def test_second_run_keeps_the_file(env_file, free_port):
    first_run.main(["--port", free_port])
    before = env_file.read_bytes()

    assert first_run.main(["--port", free_port]) == 0

    assert env_file.read_bytes() == before


def test_run_that_loses_the_race_keeps_the_winners_file(env_file, monkeypatch):
    link = os.link

    def link_too_late(draft, path):
        env_file.write_text("theirs")
        link(draft, path)

    monkeypatch.setattr(os, "link", link_too_late)

    with pytest.raises(first_run.NotReady):
        first_run.prepare_env_file(env_file)

    assert [path.read_text() for path in env_file.parent.iterdir()] == ["theirs"]


def test_file_without_a_secret_is_named_and_kept(env_file, free_port, capsys):
    env_file.write_text(
        "SECRET_KEY=kept\nAPI_KEY_PEPPERS=\n# FIELD_ENCRYPTION_KEYS=x\n"
    )
    before = env_file.read_bytes()

    assert first_run.main(["--port", free_port]) == 1

    assert (
        ".env lacks API_KEY_PEPPERS, FIELD_ENCRYPTION_KEYS." in capsys.readouterr().err
    )
    assert env_file.read_bytes() == before


def test_secret_may_come_from_the_process_environment(env_file, free_port, monkeypatch):
    env_file.write_text("DEBUG=false\n")
    for name in SECRET_NAMES:
        monkeypatch.setenv(name, "given")

    assert first_run.main(["--port", free_port]) == 0


def test_taken_port_stops_the_run_before_anything_is_written(env_file, capsys):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = str(listener.getsockname()[1])

        assert first_run.main(["--port", port]) == 1

    assert capsys.readouterr().err.startswith(f"Port {port} is taken.")
    assert not env_file.exists()


@pytest.mark.parametrize("port", ["", "0", "65536", "http", "-1", "80 80"])
def test_bad_port_is_explained(env_file, capsys, port):
    assert first_run.main([f"--port={port}"]) == 1

    assert capsys.readouterr().err.startswith("PORT must be a number from 1 to 65535")


def test_port_for_root_alone_is_explained(monkeypatch):
    def bind(*arguments):
        raise PermissionError

    monkeypatch.setattr(socket.socket, "bind", bind)

    with pytest.raises(first_run.NotReady, match="needs more rights"):
        first_run.check_port("80")


def test_printed_secrets_are_fresh_and_usable(capsys):
    first_run.main(["--secrets"])
    first = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    first_run.main(["--secrets"])
    second = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())

    assert list(first) == SECRET_NAMES
    assert not set(first.values()) & set(second.values())
    assert len(bytes.fromhex(first["API_KEY_PEPPERS"].removeprefix("1:"))) == 32
    Fernet(first["FIELD_ENCRYPTION_KEYS"])
