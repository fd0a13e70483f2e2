from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from django.utils import timezone

from apikeys.access import tokens
from apikeys.audit.models import AuditEntry
from apikeys.keys.models import ApiKey
from tests.apikeys.pages.screens import database_dump
from tests.factories import IssuedFactory, PersonFactory, RoleFactory

V1 = ("--type", "v1", "--role", "Full access")
PEOPLE = ("--type=v1", "--role=People")
OPEN = ("--open-to-any-address", "--all-endpoints")
ANY_ADDRESS = (
    "The key could be used from any address: restrict it with --allow-ip, or add"
    " --open-to-any-address."
)
ALL_ENDPOINTS = (
    "The key could call all endpoints of its type: restrict it with --endpoint, or add"
    " --all-endpoints."
)
RESTRICTED = ("--allow-ip", "10.0.0.0/8", "--endpoint", "/api/egress/*")


def test_the_token_stands_alone_on_standard_output(run):
    ran = run("create_api_key", "Billing", *V1, *RESTRICTED)

    key = ApiKey.objects.get()
    assert ran.out == ran.out.strip() + "\n"
    assert tokens.parse(ran.out.strip()).public_id == key.key_id
    assert key.expires_at is not None
    at = key.expires_at.isoformat(timespec="seconds")
    assert ran.err == f"The key expires at {at}.\n"


def test_the_token_works_and_is_stored_nowhere(run, client):
    token = run("create_api_key", "Billing", *V1, *OPEN).out.strip()

    answer = client.get("/api/whoami", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 200
    assert token.rpartition("_")[2] not in database_dump()


def test_every_option_reaches_the_key(run):
    run(
        "create_api_key",
        "Billing",
        *V1,
        *RESTRICTED,
        "--allow-ip=::1",
        "--endpoint=https://crm.example/api/ingress/*?x=1",
        "--endpoint=get,post /api/ingress/lead",
        "--read-only",
        "--accept-parameters",
        "--note=For Ada",
        "--expires=90d",
    )

    key = ApiKey.objects.get()
    assert (key.name, key.key_type, key.note) == ("Billing", "v1", "For Ada")
    assert key.networks == ["10.0.0.0/8", "::1/128"]
    assert key.endpoints == [
        "/api/egress/*",
        "/api/ingress/*",
        "GET,POST /api/ingress/lead",
    ]
    assert (key.accepts_parameters, key.read_only) == (True, True)
    assert [role.name for role in key.roles.all()] == ["Full access"]
    assert key.expires_at is not None
    length = key.expires_at - key.created_at
    assert abs(length - timedelta(days=90)) < timedelta(minutes=1)


def test_json_has_exactly_its_keys_and_they_fit_together(run):
    ran = run("create_api_key", "Billing", *V1, *OPEN, "--json", "--expires", "90d")

    values = json.loads(ran.out)
    key = ApiKey.objects.get()
    assert key.expires_at is not None
    assert values == {
        "id": key.key_id,
        "token": f"{values['api_id']}_{values['api_key']}",
        "api_id": key.key_id,
        "api_key": values["token"].rpartition("_")[2],
        "expires_at": key.expires_at.isoformat(),
    }


def test_json_has_the_password_where_there_is_one(run):
    ran = run(
        "create_api_key",
        "Portal",
        "--type=webservice_standard",
        *OPEN,
        "--expires=never",
        "--with-password",
        "--public-url=https://portal.example",
        "--json",
    )

    values = json.loads(ran.out)
    key = ApiKey.objects.get()
    assert set(values) == {
        "id",
        "token",
        "api_id",
        "api_key",
        "expires_at",
        "password",
    }
    assert values["expires_at"] is None
    assert check_password(values["password"], key.password)
    assert values["password"] not in ran.err
    assert key.public_url == "https://portal.example"


def test_a_password_is_told_beside_the_bare_token(run):
    ran = run("create_api_key", "Portal", "--type=webservice_standard", *RESTRICTED)

    first, *_ = ran.err.splitlines()
    password = first.removeprefix("Application password: ")
    assert tokens.parse(ran.out.strip())
    assert check_password(password, ApiKey.objects.get().password)


def test_a_key_is_open_only_where_that_is_said(run):
    ran = run("create_api_key", "Billing", *V1, *OPEN)

    key = ApiKey.objects.get()
    assert (key.networks, key.endpoints) == ([], [])
    assert ran.refusal == ""


@pytest.mark.parametrize(
    ("arguments", "objections"),
    [
        ((), [ANY_ADDRESS, ALL_ENDPOINTS]),
        (("--open-to-any-address",), [ALL_ENDPOINTS]),
        (("--all-endpoints",), [ANY_ADDRESS]),
        (("--all-endpoints", "--allow-ip=0.0.0.0/0"), [ANY_ADDRESS]),
        (
            ("--all-endpoints", "--allow-ip=10.0.0.0/8", "--allow-ip=::/0"),
            [ANY_ADDRESS],
        ),
        (("--all-endpoints", "--allow-ip=::ffff:0:0/96"), [ANY_ADDRESS]),
        (
            ("--all-endpoints", "--allow-ip=128.0.0.0/1", "--allow-ip=0.0.0.0/1"),
            [ANY_ADDRESS],
        ),
        (("--all-endpoints", "--allow-ip="), [ANY_ADDRESS]),
        (("--open-to-any-address", "--endpoint=*"), [ALL_ENDPOINTS]),
        (("--open-to-any-address", "--endpoint=/*"), [ALL_ENDPOINTS]),
        (("--open-to-any-address", "--endpoint=/a", "--endpoint=/**"), [ALL_ENDPOINTS]),
        (("--open-to-any-address", "--endpoint= "), [ALL_ENDPOINTS]),
    ],
)
def test_a_key_that_restricts_nothing_is_refused_and_the_options_named(
    arguments, objections, run
):
    ran = run("create_api_key", "Billing", *V1, *arguments)

    assert ran.refusal == " ".join(objections)
    assert (ran.code, ran.out, ApiKey.objects.count()) == (1, "", 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--allow-ip=0.0.0.0/0", "--endpoint=*"),
        ("--allow-ip=::/0", "--endpoint=/*"),
    ],
)
def test_what_covers_all_is_kept_as_open_where_that_is_said(arguments, run):
    run("create_api_key", "Billing", *V1, *OPEN, *arguments)

    key = ApiKey.objects.get()
    assert (key.networks, key.endpoints) == ([], [])


@pytest.mark.parametrize("endpoint", ["/", "GET *", "/api/*"])
def test_what_does_not_cover_all_needs_no_further_option(endpoint, run):
    ran = run(
        "create_api_key", "B", *V1, "--allow-ip=0.0.0.0/1", "--endpoint", endpoint
    )

    assert (ran.refusal, ApiKey.objects.count()) == ("", 1)


@pytest.mark.parametrize(
    ("box", "option"),
    [
        ("--open-to-any-address", "--allow-ip=10.0.0.1"),
        ("--all-endpoints", "--endpoint=/a"),
    ],
)
def test_a_restriction_and_its_absence_contradict_each_other(box, option, run):
    ran = run("create_api_key", "Billing", *V1, *OPEN, option)

    flag = option.partition("=")[0]
    assert ran.refusal == f"{box} and {flag} contradict each other."


def test_a_key_ends_after_90_days_unless_told(run):
    run("create_api_key", "Billing", *V1, *OPEN)

    key = ApiKey.objects.get()
    assert key.expires_at is not None
    length = key.expires_at - key.created_at
    assert abs(length - timedelta(days=90)) < timedelta(minutes=1)


def test_a_key_without_an_end_is_made_on_demand_and_said(run):
    ran = run("create_api_key", "Billing", *V1, *OPEN, "--expires=never")

    assert ApiKey.objects.get().expires_at is None
    assert ran.err == "The key never expires.\n"


def test_the_audit_entry_names_the_command(run):
    run("create_api_key", "Billing", *V1, *OPEN)

    entry = AuditEntry.objects.get()
    assert (entry.actor_kind, entry.actor, entry.address, entry.action) == (
        "command",
        "operator",
        None,
        "key_created",
    )


@pytest.mark.parametrize(
    ("expires", "expected"),
    [
        ("never", None),
        ("2031-05-06", datetime(2031, 5, 6, 23, 59, 59, tzinfo=UTC)),
        ("2031-05-06T07:08", datetime(2031, 5, 6, 7, 8, tzinfo=UTC)),
        ("2031-05-06T07:08:09+02:00", datetime(2031, 5, 6, 5, 8, 9, tzinfo=UTC)),
    ],
)
def test_an_expiry_is_never_a_date_or_an_instant(expires, expected, run):
    run("create_api_key", "Billing", *V1, *OPEN, "--expires", expires)

    assert ApiKey.objects.get().expires_at == expected


@pytest.mark.parametrize("expires", [("12h", 12), ("30m", 0.5)])
def test_an_expiry_may_be_a_length_of_time(expires, run):
    text, hours = expires
    run("create_api_key", "Billing", *V1, *OPEN, "--expires", text)

    expires_at = ApiKey.objects.get().expires_at
    assert expires_at is not None
    left = expires_at - timezone.now()
    assert timedelta(0) <= timedelta(hours=hours) - left < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--type", "v3"), "invalid choice: 'v3'"),
        (("--type", "v1"), "roles: Keys of this type need at least one role."),
        ((*V1, "--role", "Root"), "Unknown roles: Root. There are: Account Reader,"),
        ((*V1, "--expires", "tomorrow"), "'tomorrow' is no expiry; write 90d, never"),
        ((*V1, "--expires", "2031-02-30"), "day is out of range for month"),
        ((*V1, "--expires", "9999-12-31"), "more than 100 years away; write never"),
        ((*V1, "--expires", "99999d"), "more than 100 years away; write never"),
        ((*V1, "--expires", "2020-01-01"), "expires at: The expiry is in the past."),
        ((*V1, "--expires", "0d"), "expires at: The expiry is in the past."),
        (
            (*V1, "--allow-ip", "10.0.0.1/8"),
            "networks: 10.0.0.1/8 has host bits set. Did you mean 10.0.0.0/8?",
        ),
        ((*V1, "--allow-ip", "x"), "networks: x is no IP address or network."),
        ((*V1, "--endpoint", "api"), "endpoints: api: A pattern is a path and starts"),
        ((*V1, "--endpoint", "GET"), "endpoints: GET: A pattern is a path and starts"),
        ((*V1, "--endpoint", "G3T /a"), "endpoints: G3T /a: A method has only letters"),
        ((*V1, "--endpoint", "/a/../b"), "endpoints: /a/../b: A pattern has no spaces"),
        ((*V1, "--with-password"), "Keys of type v1 have no password."),
        ((*V1, "--public-url", "https://x.example"), "public url: Keys of this type"),
        (("--type", "sms"), "networks: Keys of this type need at least one allowed"),
        (
            ("--type", "manage_consents", "--accept-parameters"),
            "accepts parameters: Keys of this type do not have this field.",
        ),
        (("--type", "manage_consents", *V1[2:]), "roles: Keys of this type do not"),
        ((*V1, "--as", "nobody"), "There is no active person 'nobody'."),
    ],
)
def test_a_refusal_says_what_is_wrong_and_makes_nothing(arguments, text, run):
    ran = run("create_api_key", "Billing", *arguments, *OPEN)

    assert text in ran.refusal
    assert (ran.code, ran.out) == (1, "")
    assert (ApiKey.objects.count(), AuditEntry.objects.count()) == (0, 0)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "a\x00b", "\x1b[31m"])
def test_an_unfit_name_makes_nothing(name, run):
    ran = run("create_api_key", name, *V1, *OPEN)

    assert ran.refusal.startswith("name: ")
    assert ApiKey.objects.count() == 0


def test_a_taken_name_makes_nothing(run):
    IssuedFactory(fields__name="Billing")

    ran = run("create_api_key", "Billing", *V1, *OPEN)

    assert ran.refusal == "name: A key of this type has this name already."
    assert ApiKey.objects.count() == 1


def test_nobody_in_whose_name_it_runs_grants_more_than_they_hold(run):
    RoleFactory(name="People", permissions=["apikeys.change_person"])
    PersonFactory(username="ada", roles=["Administrator"])

    ran = run("create_api_key", "B", *PEOPLE, *OPEN, "--as=ada")

    assert ran.refusal == (
        "You cannot grant permissions that you do not hold. People: change."
    )
    assert (ran.out, ApiKey.objects.count()) == ("", 0)


def test_a_key_made_in_somebodys_name_says_so(run):
    PersonFactory(username="ada", roles=["Administrator"])

    run("create_api_key", "Billing", *V1, *OPEN, "--as", "ada")

    entry = AuditEntry.objects.get()
    assert (entry.actor_kind, entry.actor) == ("command", "ada")
    assert ApiKey.objects.get().created_by == "ada"


def test_a_date_ends_with_its_day_in_the_servers_zone(run, settings):
    settings.TIME_ZONE = "Europe/Berlin"

    ran = run("create_api_key", "Billing", *V1, *OPEN, "--expires=2050-12-31")

    expires_at = datetime(2050, 12, 31, 22, 59, 59, tzinfo=UTC)
    assert ApiKey.objects.get().expires_at == expires_at
    assert ran.err == "The key expires at 2050-12-31T23:59:59+01:00.\n"


def test_today_is_not_in_the_past(run, settings):
    # A zone in which it is not near midnight: no new day begins during the test.
    settings.TIME_ZONE = "Etc/GMT-12" if timezone.now().hour >= 18 else "Etc/GMT-3"
    today = timezone.localdate().isoformat()

    ran = run("create_api_key", "Billing", *V1, *OPEN, "--expires", today)

    assert (ran.refusal, ApiKey.objects.count()) == ("", 1)


@pytest.mark.parametrize(
    ("expires", "text"),
    [
        (
            "2027-03-28T02:30",
            "2027-03-28T02:30:00 does not exist in Europe/Berlin. Write"
            " 2027-03-28T01:30:00+01:00 or 2027-03-28T03:30:00+02:00.",
        ),
        (
            "2027-10-31 02:30",
            "2027-10-31T02:30:00 happens twice in Europe/Berlin. Write"
            " 2027-10-31T02:30:00+02:00 or 2027-10-31T02:30:00+01:00.",
        ),
    ],
)
def test_an_hour_that_the_clock_skips_or_repeats_is_refused(
    expires, text, run, settings
):
    settings.TIME_ZONE = "Europe/Berlin"

    ran = run("create_api_key", "Billing", *V1, *OPEN, "--expires", expires)

    assert ran.refusal == f"Error: argument --expires: {text}"
    assert ApiKey.objects.count() == 0


def test_no_password_is_told_of_a_token_that_could_not_be_written(db):
    class Broken(StringIO):
        def flush(self):
            raise OSError(28, "No space left on device")

    talk = StringIO()
    arguments = ("Portal", "--type=webservice_standard", *OPEN)

    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("create_api_key", *arguments, stdout=Broken(), stderr=talk)

    assert (talk.getvalue(), ApiKey.objects.count()) == ("", 0)
