"""How the trail says what changed, and where its rows lead."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.audit.models import AuditEntry
from apikeys.audit.services import record
from apikeys.changes.actors import OPERATOR
from apikeys.keys.rotation import rotate_key
from apikeys.keys.services import delete_key, purge_deleted_keys
from apikeys.plugin_tokens.services import issue_plugin_token
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory, PersonFactory, RoleFactory

DOMAINS = [f"tenant{number}.example.com" for number in range(200)]


def summaries(response):
    found = re.findall(r"<summary>(.*?)</summary>", screens.text_of(response))
    return [" ".join(text.split()) for text in found]


def entry(action="key_changed", subject_id="kd_0", **changes):
    return record(
        actor=OPERATOR,
        action=action,
        subject_id=subject_id,
        subject_name="Billing",
        at=timezone.now(),
        changes=changes,
    )


def test_two_hundred_domains_are_a_count_and_the_whole_on_demand(as_reader, db):
    issue_plugin_token(name="Shop", domains=DOMAINS, actor=OPERATOR, at=timezone.now())

    response = as_reader.get(screens.AUDIT)

    (summary,) = summaries(response)
    assert summary == "200 domains added"
    closed = screens.text_of(response).split("<details")[1].partition("</details>")[0]
    assert all(domain in closed for domain in DOMAINS)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"networks": (["10.0.0.0/8"], [])}, "1 network removed"),
        (
            {"networks": (["10.0.0.0/8"], ["192.0.2.0/24", "198.51.100.0/24"])},
            "2 networks added, 1 network removed",
        ),
        ({"endpoints": (None, ["/a", "/b"])}, "2 paths added"),
        ({"domains_added": (None, ["a.example"])}, "1 domain added"),
        ({"domains_removed": (["a.example", "b.example"], None)}, "2 domains removed"),
        ({"permissions": ([], ["x.y"])}, "1 permission added"),
        ({"lists": ([], ["x"])}, "1 lists added"),
        ({"note": ("", "For Ada"), "read_only": (False, True)}, "note, read only"),
        ({"name": (None, "Billing"), "type": (None, "v1")}, "type v1"),
        ({"note": (None, "x" * 2_000)}, "note " + "x" * 59 + "…"),
        ({}, "Details"),
    ],
)
def test_an_entry_says_in_short_what_changed(changes, words, as_reader, db):
    entry(**changes)

    assert summaries(as_reader.get(screens.AUDIT)) == [words]


def test_a_rotation_at_once_is_said_to_have_ended_the_old_token(as_reader, db):
    at = timezone.now()
    for name, overlap in (("at once", 0), ("slowly", 2)):
        key = IssuedFactory(fields__name=name, at=at).key
        rotate_key(key.key_id, overlap=timedelta(days=overlap), actor=OPERATOR, at=at)

    pages = [
        as_reader.get(f"{screens.AUDIT}?action=key_rotated"),
        as_reader.get(f"{screens.KEYS}{key.key_id}/"),
    ]

    ends = at + timedelta(days=2)
    slow, fast = summaries(pages[0])
    assert fast == "old token ended at once"
    assert slow == f"old token ends {ends:%-d %b %Y, %H:%M} UTC"
    assert summaries(pages[1])[0] == slow
    assert "overlap" not in screens.text_of(pages[0]).split('id="result_list"')[1]


def test_a_row_leads_to_what_it_is_about_while_that_exists(as_reader, db):
    now = timezone.now()
    key = IssuedFactory().key
    gone = IssuedFactory(at=now - timedelta(days=90)).key
    delete_key(gone.key_id, actor=OPERATOR, at=now - timedelta(days=80))
    tombstone = IssuedFactory().key
    delete_key(tombstone.key_id, actor=OPERATOR, at=now)
    purge_deleted_keys(deleted_before=now - timedelta(days=30), actor=OPERATOR, at=now)
    token = issue_plugin_token(
        name="Shop", domains=["a.example.com"], actor=OPERATOR, at=now
    ).token
    role = RoleFactory(name="Bookkeeping")
    entry("role_created", f"role {role.pk}")
    entry("role_deleted", "role 999999")

    text = screens.text_of(as_reader.get(screens.AUDIT))

    links = set(re.findall(r'<b><a href="([^"]+)"', text))
    assert links == {
        f"{screens.KEYS}{key.key_id}/",
        f"{screens.KEYS}{tombstone.key_id}/",
        f"/settings/apikeys/plugintoken/{token.public_id}/",
        f"{screens.ROLES}{role.pk}/change/",
    }
    assert all(as_reader.get(link).status_code == 200 for link in links)


def test_who_may_only_read_the_trail_gets_no_link_that_would_refuse(client, key):
    RoleFactory(name="Auditors", permissions=["apikeys.view_auditentry"])
    client.force_login(PersonFactory(roles=["Auditors"]))

    response = client.get(screens.AUDIT)

    assert screens.first_lines(response, "subject") == ["Billing"]
    assert key.key_id in screens.text_of(response)
    assert f'href="{screens.KEYS}' not in screens.text_of(response)


@pytest.mark.parametrize(
    "subject_id", ["", "role x", "role ", "role " + "9" * 30, "kd_", "'; --", "\u2028"]
)
def test_a_subject_that_is_nothing_of_ours_is_plain_text(subject_id, as_reader, db):
    entry(subject_id=subject_id)

    response = as_reader.get(screens.AUDIT)

    assert response.status_code == 200
    assert "<b><a" not in screens.text_of(response)


def test_hostile_names_and_values_stay_text(as_reader, db):
    entry(note=("<script>", "</details><img src=x>"), domains=(None, ["<b>"] * 4))
    AuditEntry.objects.get()

    text = as_reader.get(screens.AUDIT).content.decode()

    assert "<script>alert" not in text
    assert "<img src=x>" not in text
    assert "&lt;b&gt;" in text


def test_an_entry_tells_its_number_and_its_moment_in_utc(as_reader, db):
    as_reader.cookies["timezone"] = "America/New_York"
    one = entry()

    text = screens.text_of(as_reader.get(screens.AUDIT))

    assert f"<dd>{one.pk}, {one.at:%Y-%m-%d %H:%M:%S} UTC</dd>" in text
