from __future__ import annotations

import os
import sqlite3
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from apikeys.checks import check_database_is_not_too_old

MIGRATIONS = (
    "CREATE TABLE django_migrations (id integer PRIMARY KEY, app varchar(255),"
    " name varchar(255), applied datetime)"
)


@pytest.fixture
def database(tmp_path):
    return tmp_path / "db.sqlite3"


def write(database, *statements):
    with sqlite3.connect(database) as connected:
        for statement in statements:
            connected.execute(statement)
    connected.close()


def applied(app, name):
    values = f"'{app}', '{name}', '2026-01-01'"
    return f"INSERT INTO django_migrations (app, name, applied) VALUES ({values})"


def migrate(database):
    return subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        env={**os.environ, "DATABASE_URL": f"sqlite:///{database}"},
        capture_output=True,
        text=True,
        check=False,
    )


def dump(database):
    with sqlite3.connect(database) as connected:
        lines = list(connected.iterdump())
    connected.close()
    return lines


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param(
            [MIGRATIONS, applied("apikeys", "0001_initial")], id="earlier-migration"
        ),
        pytest.param(
            [MIGRATIONS, applied("auth", "0001_initial"), "CREATE TABLE auth_user (a)"],
            id="earlier-people",
        ),
    ],
)
def test_migrate_stops_at_an_old_database_and_says_what_to_do(database, statements):
    write(database, *statements)
    before = dump(database)

    result = migrate(database)

    assert result.returncode == 1
    assert "apikeys.E020" in result.stderr
    assert f"move the file {database} " in result.stderr
    assert "Traceback" not in result.stderr
    assert dump(database) == before


def test_migrate_makes_a_new_database_and_takes_it_again(database):
    first = migrate(database)
    second = migrate(database)

    assert (first.returncode, first.stderr) == (0, "")
    assert (second.returncode, second.stderr) == (0, "")


@pytest.mark.django_db
def test_database_in_use_is_known_by_its_first_migration():
    recorder = MigrationRecorder(connection)

    assert check_database_is_not_too_old(databases=["default"]) == []

    recorder.record_unapplied("apikeys", "0001_keys_and_people")
    recorder.record_applied("apikeys", "0001_initial")

    problems = check_database_is_not_too_old(databases=["default"])
    assert [problem.id for problem in problems] == ["apikeys.E020"]
    with pytest.raises(CommandError, match=r"apikeys\.E020"):
        call_command("migrate", skip_checks=False)


def test_database_is_asked_only_where_it_may_be_used():
    assert check_database_is_not_too_old() == []
