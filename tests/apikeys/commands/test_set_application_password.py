from __future__ import annotations

import pytest
from django.contrib.auth.hashers import check_password

from apikeys.audit.models import AuditEntry
from tests.apikeys.pages.screens import state
from tests.factories import IssuedFactory, PersonFactory


def test_a_new_password_stands_alone_and_the_old_one_stops(run):
    issued = IssuedFactory(key_type="webservice_standard")

    ran = run("set_application_password", issued.key.key_id)

    issued.key.refresh_from_db()
    assert (ran.err, ran.out) == ("", f"{ran.out.strip()}\n")
    assert check_password(ran.out.strip(), issued.key.password)
    assert not check_password(issued.password, issued.key.password)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor_kind) == ("key_changed", "command")
    assert ran.out.strip() not in str(entry.changes)


@pytest.mark.parametrize(
    ("key_type", "arguments", "text"),
    [
        ("v1", (), "password: Keys of this type have no password."),
        ("webservice_standard", ("--as=rae",), "'rae' may not manage APIs."),
    ],
)
def test_a_refusal_changes_nothing(key_type, arguments, text, run):
    PersonFactory(username="rae", roles=["Account Reader"])
    key = IssuedFactory(key_type=key_type).key
    before = state()

    ran = run("set_application_password", key.key_id, *arguments)

    assert (ran.refusal, ran.out) == (text, "")
    assert state() == before


def test_an_unknown_key_is_refused(run, db):
    ran = run("set_application_password", "kd_0000000000000000")

    assert ran.refusal == "There is no key with this ID, or it is deleted."
