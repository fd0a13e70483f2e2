"""What becomes of a command whose output cannot be written, in processes of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apikeys.management.streams import failed_writes_end_plainly
from apikeys.organization.models import Person
from tests.apikeys.pages.screens import state
from tests.factories import IssuedFactory
from tests.plugin_tokens import make_token

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
NEW_KEY = (
    *("create_api_key", "Portal", "--type=webservice_standard"),
    *("--open-to-any-address", "--all-endpoints"),
)
UNDONE = "Nothing was changed, since the secret cannot be written: "


@contextmanager
def closed_pipe() -> Iterator[int]:
    """A pipe that nobody reads, as that of `| head -1` is when head has its line."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@needs_full
@pytest.mark.parametrize(
    "command",
    [
        NEW_KEY,
        ("rotate_api_key", "{key}", "--now"),
        ("set_application_password", "{portal}"),
        ("create_plugin_token", "acme", "b.com", "--replace"),
        ("create_person", "ada"),
        ("create_first_superadmin",),
    ],
    ids=lambda command: command[0],
)
def test_a_secret_that_cannot_be_written_is_undone(command, db):
    ids = {
        "key": IssuedFactory().key.key_id,
        "portal": IssuedFactory(key_type="webservice_standard").key.key_id,
    }
    make_token("acme")
    before = state(), list(Person.objects.values())

    # What is left in the file's buffer fails once more as it is closed.
    with (
        suppress(OSError),
        FULL.open("w") as full,
        pytest.raises(CommandError, match=f"{UNDONE}No space left on device"),
    ):
        call_command(*(each.format(**ids) for each in command), stdout=full)

    assert (state(), list(Person.objects.values())) == before


def test_a_token_for_a_reader_who_has_gone_is_undone(shell):
    before = state()

    with closed_pipe() as pipe:
        ran = shell(*NEW_KEY, stdout=pipe)

    assert (ran.code, ran.err) == (1, f"CommandError: {UNDONE}Broken pipe.\n")
    assert state() == before


@needs_full
def test_a_password_beside_the_token_that_cannot_be_written_undoes_the_key(shell):
    before = state()

    with FULL.open("w") as full:
        ran = shell(*NEW_KEY, stderr=full)

    assert ran.code == 1
    assert state() == before


@pytest.mark.parametrize(
    ("command", "unbuffered"),
    [(("list_api_keys",), "1"), (("list_plugin_tokens", "--help"), "")],
)
def test_a_closed_pipe_ends_a_list_quietly(command, unbuffered, shell):
    IssuedFactory()

    with closed_pipe() as pipe:
        ran = shell(*command, stdout=pipe, env={"PYTHONUNBUFFERED": unbuffered})

    assert (ran.code, ran.err) == (141, "")


@needs_full
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_list_that_cannot_be_written_says_so_in_one_line(unbuffered, shell):
    IssuedFactory()

    with FULL.open("w") as full:
        ran = shell("list_api_keys", stdout=full, env={"PYTHONUNBUFFERED": unbuffered})

    assert (ran.code, ran.err) == (
        1,
        "Error: the output cannot be written: No space left on device.\n",
    )


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", b"Zo\\xeb"), ("iso-8859-1", b"Zo\xeb")]
)
def test_what_the_terminal_cannot_show_is_escaped(encoding, shown, shell, tmp_path):
    IssuedFactory(fields__name="Zoë 日本")

    with (tmp_path / "out").open("wb") as out:
        ran = shell(
            "list_api_keys",
            stdout=out,
            env={"PYTHONIOENCODING": f"{encoding}:strict"},
        )

    assert (ran.code, ran.err) == (0, "1 key\n")
    assert shown + b" \\u65e5\\u672c\n" in (tmp_path / "out").read_bytes()


@pytest.mark.parametrize(
    "command", ["create_first_superadmin", "reencrypt_plugin_tokens"]
)
def test_help_is_printed_in_every_encoding(command, shell):
    ran = shell(command, "--help", env={"PYTHONIOENCODING": "ascii:strict"})

    assert (ran.code, ran.err) == (0, "")


def test_a_refusal_is_printed_in_every_encoding(shell):
    ran = shell("deactivate_person", "Zoë", env={"PYTHONIOENCODING": "ascii:strict"})

    assert (ran.code, ran.err) == (
        1,
        "CommandError: There is no person \\u201cZo\\xeb\\u201d.\n",
    )


def test_closed_streams_are_not_taken_for_the_database(shell):
    key = IssuedFactory().key

    def close_both():
        os.close(1)
        os.close(2)

    ran = shell("list_api_keys", preexec_fn=close_both, stdout=None, stderr=None)
    talk = shell("deactivate_api_key", key.key_id, preexec_fn=close_both)

    key.refresh_from_db()
    assert (ran.code, talk.code, key.is_active) == (1, 0, False)


def test_a_database_error_is_one_line(shell, tmp_path):
    url = f"sqlite:///{tmp_path}/empty.sqlite3"

    ran = shell("list_api_keys", env={"DATABASE_URL": url})

    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    assert ran.err.startswith("CommandError: The database gives an error: no such")


@contextmanager
def own_streams() -> Iterator[None]:
    """Streams of the test's own, since those in place are taken over."""
    out, err = TextIOWrapper(BytesIO()), TextIOWrapper(BytesIO())
    with redirect_stdout(out), redirect_stderr(err):
        yield


@pytest.mark.parametrize(
    ("end", "code"),
    [(KeyboardInterrupt(), 130), (SystemExit(3), 3), (SystemExit(), None)],
)
def test_an_end_keeps_its_code_where_all_was_written(end, code):
    with pytest.raises(SystemExit) as exit_, own_streams(), failed_writes_end_plainly():
        raise end

    assert exit_.value.code == code


def test_an_error_that_is_no_failed_write_is_not_hidden():
    with (
        pytest.raises(FileNotFoundError),
        own_streams(),
        failed_writes_end_plainly(),
    ):
        Path("nowhere").read_text()
