from __future__ import annotations

import os
import subprocess
import sys
import traceback
from ipaddress import ip_network

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment, wrong_settings_end_the_process

SECRET = "hunter2hunter2"


class Given(Environment):
    """Reads what a test gives it, and nothing of this process."""

    def __init__(self, **variables: str) -> None:
        super().__init__()
        self.ENVIRON = variables  # type: ignore[assignment]  # any mapping does


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a,b", ["a", "b"], id="commas"),
        pytest.param(" a , b ,, ", ["a", "b"], id="blanks"),
        pytest.param("a\nb\r\n", ["a", "b"], id="lines"),
        pytest.param("$a,#b", ["$a", "#b"], id="signs-mean-nothing"),
        pytest.param("", [], id="empty"),
    ],
)
def test_list_is_read_without_the_blanks_around_its_entries(text, expected):
    assert Given(X=text).list("X", default=["c"]) == expected


def test_default_holds_where_a_setting_is_not_set():
    env = Given()

    assert env.list("X", default=["c"]) == ["c"]
    assert env.bool("X", default=True) is True
    assert env.int("X", default=3) == 3
    assert env.str("X", default="c") == "c"
    assert env.one_of("X", ("a", "b")) == "a"
    assert env.zone("X", default="UTC") == "UTC"
    assert env.mapping("X") == {}
    assert (env.peppers("X"), env.proxies("X")) == ({}, ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", True), (" On ", True), ("1", True), ("no", False), ("FALSE", False)],
)
def test_word_is_read_as_yes_or_no(text, expected):
    assert Given(X=text).bool("X", default=not expected) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.0/8, 127.0.0.1/32", ["10.0.0.0/8", "127.0.0.1/32"]),
        ("10.0.0.0/8;127.0.0.1 # here", ["10.0.0.0/8", "127.0.0.1/32"]),
        ("::ffff:10.0.0.0/104", ["10.0.0.0/8"]),
    ],
)
def test_proxies_are_read_as_every_list_of_networks(text, expected):
    assert Given(X=text).proxies("X") == tuple(map(ip_network, expected))


def test_unix_among_the_proxies_is_a_word():
    assert Given(X="unix, 10.0.0.1").proxies("X") == ("unix", ip_network("10.0.0.1"))


def test_peppers_and_pairs_are_read_without_blanks():
    assert Given(X=" 1:one , 2 : two words").peppers("X") == {1: "one", 2: "two words"}
    assert Given(X="a/b, c / d").pairs("X", default=[]) == (("a", "b"), ("c", "d"))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:////srv/db.sqlite3", "/srv/db.sqlite3"),
        ("sqlite://:memory:", ":memory:"),
        (" postgresql://ada:p%40ss@db.example:5432/crm ", "crm"),
        ("postgres:///crm?host=/run/postgresql", "crm"),
    ],
)
def test_database_is_read_from_its_url(url, name):
    assert Given(X=url).db("X")["NAME"] == name


def test_password_in_a_url_is_decoded():
    found = Given(X="postgresql://ada:p%40ss%23@db/crm").db("X")
    mail = Given(X="smtp+tls://ada:p%40ss@mail.example:587").email("X")

    assert (found["PASSWORD"], mail["EMAIL_HOST_PASSWORD"]) == ("p@ss#", "p@ss")


WRONG = [
    pytest.param("bool", "ture", "must be true or false", id="word"),
    pytest.param("bool", "", "must be true or false", id="empty-word"),
    pytest.param("int", SECRET, "must be a whole number", id="no-number"),
    pytest.param("int", "-1", "must be a whole number", id="negative"),
    pytest.param("int", "1" * 5_000, "must be a whole number", id="endless"),
    pytest.param("float", "5s", "must be a number", id="unit"),
    pytest.param("float", "nan", "must be a number", id="not-a-number"),
    pytest.param("json", f"{{{SECRET}", "must be JSON", id="no-json"),
    pytest.param("mapping", f'["{SECRET}"]', "must be a JSON object", id="no-object"),
    pytest.param("list", f"a, b {SECRET}", "entry 2 has a blank inside", id="blank"),
    pytest.param("peppers", SECRET, "entry 1 must be number:text", id="no-number-of"),
    pytest.param("peppers", f"1:a,x:{SECRET}", "entry 2 must be number", id="letter"),
    pytest.param("peppers", f"1:a,1:{SECRET}", "number 1 stands there twice", id="two"),
    pytest.param("peppers", f":{SECRET}", "entry 1 must be number:text", id="colon"),
    pytest.param("proxies", f"10.0.0.0/8 {SECRET}", "entry 2 must be", id="network"),
    pytest.param("proxies", "10.0.0.1/8", "write 10.0.0.0/8", id="host-bits"),
    pytest.param("proxies", "10.0.0.*", "write 10.0.0.0/24", id="star"),
    pytest.param("db", SECRET, "must be sqlite:///path or", id="no-url"),
    pytest.param("db", "", "must be sqlite:///path or", id="empty-url"),
    pytest.param("db", f"mysql://a:{SECRET}@h/x", "must be sqlite", id="database"),
    pytest.param("db", f"postgresql://a:{SECRET}/b@h/x", "must be sqlite", id="slash"),
    pytest.param("db", f"postgresql://a:x@h:{SECRET}/x", "must be sqlite", id="port"),
    pytest.param("db", "sqlite://var/db", "must be sqlite:///path", id="two-slashes"),
    pytest.param("email", f"smtq://a:{SECRET}@h", "must be consolemail", id="mail"),
    pytest.param("email", f"smtp://a:x@h:{SECRET}", "must be console", id="mail-port"),
    pytest.param("zone", "Mars/Olympus", "must be a time zone", id="zone"),
    pytest.param("zone", "../../etc/passwd", "must be a time zone", id="zone-path"),
]


@pytest.mark.parametrize(("kind", "text", "what"), WRONG)
def test_error_names_the_setting_and_not_its_value(kind, text, what):
    defaults = {"bool": False, "int": 0, "float": 0.0, "zone": "UTC"}
    arguments = {"default": defaults[kind]} if kind in defaults else {}

    with pytest.raises(ImproperlyConfigured) as caught:
        getattr(Given(X=text), kind)("X", **arguments)

    error = str(caught.value)
    assert error.startswith("X: ")
    assert what in error
    assert SECRET not in error
    # Nor does the traceback that a server might write.
    assert SECRET not in "".join(traceback.format_exception_only(caught.value))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_value_that_is_none_of_the_choices_is_refused():
    with pytest.raises(ImproperlyConfigured, match=r"^X: must be one of a, b\.$"):
        Given(X="c").one_of("X", ("a", "b"))


def test_setting_without_a_default_must_be_set():
    with pytest.raises(ImproperlyConfigured, match="Set the X environment variable"):
        Given().str("X")


def _file(tmp_path, text: str) -> dict[str, str]:
    path = tmp_path / "environment"
    path.write_text(text, encoding="utf-8")
    found: dict[str, str] = {}

    class Read(Environment):
        ENVIRON = found  # type: ignore[assignment]  # as above

    Read.read_env(str(path))
    return found


def test_file_is_read_as_shells_and_systemd_write_it(tmp_path):
    text = (
        "\ufeff# comment\n\nA=1\nexport B = two words \nC='three $x'\n"
        'D="4\\" \\\\n"\n  E=\nF=a#b\nG=$A\n'
    )

    assert _file(tmp_path, text) == {
        "A": "1",
        "B": "two words",
        "C": "three $x",
        "D": '4" \\n',
        "E": "",
        "F": "a#b",
        "G": "$A",
    }


def test_line_that_cannot_be_read_is_named_by_its_number_alone(tmp_path, caplog):
    with pytest.raises(ImproperlyConfigured) as caught:
        _file(tmp_path, f"A=1\nSECRET KEY={SECRET}\n")

    assert str(caught.value) == "Line 2 of the environment file is not NAME=value."
    assert SECRET not in caplog.text


def test_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "environment"
    path.write_bytes(b"A=\xff\xfe")

    with pytest.raises(ImproperlyConfigured, match="UnicodeDecodeError"):
        Environment.read_env(str(path))


def test_file_that_is_not_there_is_no_error(tmp_path):
    Environment.read_env(str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("API_KEY_PEPPERS", SECRET, SECRET),
        ("DATABASE_URL", f"postgresql://a:{SECRET}/b@h/x", SECRET),
        ("EMAIL_URL", f"smtp://a:x@h:{SECRET}", SECRET),
        ("SECURE_COOKIES", "ture", "ture"),
    ],
)
def test_start_ends_with_one_line_that_names_the_setting(name, value, secret):
    ran = _run("manage.py", "check", **{name: value})

    [line] = ran.stderr.splitlines()
    assert ran.returncode == 1
    assert line.startswith(f"ImproperlyConfigured: {name}: ")
    assert secret not in ran.stdout + ran.stderr


def test_server_ends_with_one_line_that_names_the_setting():
    ran = _run("-c", "import config.wsgi", API_KEY_PEPPERS=SECRET)

    assert ran.returncode == 1
    assert ran.stderr == (
        "ImproperlyConfigured: API_KEY_PEPPERS: entry 1 must be number:text, as in"
        " 1:text.\n"
    )


def test_server_that_a_check_refuses_ends_without_a_traceback():
    ran = _run("-c", "import config.wsgi", FIELD_ENCRYPTION_KEYS=SECRET)

    assert ran.returncode == 1
    assert "Key 1 in FIELD_ENCRYPTION_KEYS is no Fernet key." in ran.stderr
    assert "Traceback" not in ran.stderr
    assert SECRET not in ran.stderr


@pytest.mark.parametrize("secret", ["$abc", "$", "a$b\\$c", " $x "])
def test_secret_with_a_dollar_sign_is_taken_as_it_is(secret):
    code = (
        "from django.conf import settings;"
        " print(settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS)"
    )

    ran = _run("-c", code, SECRET_KEY=secret, SECRET_KEY_FALLBACKS="$old, $older")

    assert ran.stdout == f"{secret.strip()} ['$old', '$older']\n"


def test_blanks_in_the_lists_of_settings_are_no_part_of_them():
    lists = {
        "ALLOWED_HOSTS": "a.example, b.example",
        "CSRF_TRUSTED_ORIGINS": "https://a.example , https://b.example",
        "KEY_HEADER_PAIRS": "a-id / a-key, b-id/b-key",
        "TRUSTED_PROXIES": "10.0.0.0/8, 127.0.0.1/32",
    }
    names = ", ".join(f"settings.{name}" for name in lists)

    ran = _run("-c", f"from django.conf import settings; print({names})", **lists)

    assert ran.stdout == (
        "['a.example', 'b.example'] ['https://a.example', 'https://b.example']"
        " (('a-id', 'a-key'), ('b-id', 'b-key'))"
        " (IPv4Network('10.0.0.0/8'), IPv4Network('127.0.0.1/32'))\n"
    )


def test_other_errors_pass_the_one_line():
    with pytest.raises(RuntimeError), wrong_settings_end_the_process():
        raise RuntimeError


def test_server_whose_database_cannot_be_opened_ends_with_one_line():
    ran = _run(
        "-c", "import config.wsgi", DATABASE_URL="sqlite:////no/such/folder/db.sqlite3"
    )

    assert ran.returncode == 1
    assert ran.stderr.splitlines() == [
        "The database cannot be opened (OperationalError)."
    ]


def _run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ENV_FILE": os.devnull,
            "DATABASE_URL": "sqlite://:memory:",
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )
