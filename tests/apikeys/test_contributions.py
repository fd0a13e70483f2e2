"""What another app contributes counts at once, and what it does not contribute never."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.utils import timezone

from apikeys.audit.services import record
from apikeys.changes.actors import Actor
from apikeys.organization.roles import permission_name, permissions_of
from tests.apikeys.pages import screens

BUILT_IN = ["Administrator", "Account Reader", "Full access"]
LEADS = {"leads.view_lead", "leads.add_lead"}


@pytest.fixture
def contribute(monkeypatch):
    """Contribute a value under a name, as the `AppConfig` of a higher app does."""

    def add(name, value):
        config = apps.get_app_config("webservice_users")
        monkeypatch.setattr(config, name, value, raising=False)

    return add


@pytest.fixture
def leads(db):
    """The permissions of a model that an app of tomorrow has."""
    model = ContentType.objects.create(app_label="leads", model="lead")
    return [
        Permission.objects.create(content_type=model, codename=codename, name=name)
        for codename, name in (
            ("view_lead", "Can view lead"),
            ("add_lead", "Can add lead"),
        )
    ]


def held():
    return {
        name: permissions_of(Group.objects.filter(name=name)) & LEADS
        for name in BUILT_IN
    }


def offered(client):
    """The permissions that the form of a role offers, by their names."""
    text = screens.text_of(client.get(f"{screens.ROLES}add/"))
    chosen = re.findall(r'name="permissions" value="(\d+)"', text)
    names = Permission.objects.filter(
        pk__in=chosen, content_type__app_label__in=("leads", "sessions", "admin")
    )
    return set(map(permission_name, names.select_related("content_type")))


def test_app_that_contributes_nothing_hands_nothing_to_roles(leads):
    call_command("migrate", verbosity=0)

    assert held() == {name: set() for name in BUILT_IN}


def test_app_that_contributes_a_model_hands_its_permissions_to_full_access(
    leads, contribute
):
    contribute("grantable_models", ("leads.lead",))

    call_command("migrate", verbosity=0)

    assert held() == {
        "Administrator": LEADS,
        "Account Reader": set(),
        "Full access": LEADS,
    }


def test_contribution_that_ends_is_taken_back(leads, contribute):
    contribute("grantable_models", ("leads.lead",))
    call_command("migrate", verbosity=0)
    contribute("grantable_models", ())

    call_command("migrate", verbosity=0)

    assert held() == {name: set() for name in BUILT_IN}


def test_form_of_a_role_offers_contributed_models_alone(
    leads, contribute, as_superuser
):
    assert offered(as_superuser) == set()

    contribute("grantable_models", ("leads.lead",))

    assert offered(as_superuser) == LEADS


def test_permission_that_is_not_contributed_cannot_be_smuggled_into_a_role(
    leads, as_superuser
):
    form = {"name": "Sales", "permissions": [str(leads[0].pk)]}

    response = as_superuser.post(f"{screens.ROLES}add/", form)

    assert "permissions" in screens.errors_beside_fields(response)
    assert not Group.objects.filter(name="Sales").exists()


@pytest.fixture
def import_entry(db, contribute):
    """An entry of an action and by a kind of actor that another app brings."""
    contribute("audit_actions", {"leads_imported": "Leads imported"})
    contribute("actor_kinds", {"importer": "Importer"})
    return record(
        actor=Actor("importer", "nightly"),
        action="leads_imported",
        subject_id="leads",
        subject_name="Spring fair",
        at=timezone.now(),
    )


def test_contributed_action_and_actor_kind_show_with_their_labels(
    import_entry, as_reader
):
    text = screens.text_of(as_reader.get(screens.AUDIT))

    assert 'title="Leads imported">Leads imported<' in text
    assert "nightly <small>Importer</small>" in text


@pytest.mark.parametrize(
    ("query", "option"),
    [
        ("action=leads_imported", '<option value="leads_imported">Leads imported<'),
        ("actor=importer", '<option value="importer">Importer<'),
    ],
)
def test_contributed_labels_stand_in_the_filters_and_filter(
    query, option, import_entry, key, as_reader
):
    everything = as_reader.get(screens.AUDIT)
    filtered = as_reader.get(f"{screens.AUDIT}?{query}")

    assert option in screens.text_of(everything)
    assert screens.first_lines(everything, "subject") == [
        key.name,
        "Spring fair",
    ]
    assert screens.first_lines(filtered, "subject") == ["Spring fair"]


def test_entry_of_an_app_that_is_gone_shows_its_stored_text(
    import_entry, contribute, as_reader
):
    contribute("audit_actions", {})
    contribute("actor_kinds", {})

    text = screens.text_of(as_reader.get(screens.AUDIT))

    assert 'title="leads_imported">leads_imported<' in text
    assert "nightly <small>importer</small>" in text
