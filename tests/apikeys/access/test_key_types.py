from __future__ import annotations

import pytest

from apikeys.access.key_types import (
    KEY_TYPES,
    KeyTypeName,
    Need,
    covered_prefixes,
    misfits,
)

MUST, MAY, NOT = Need.REQUIRED, Need.OPTIONAL, Need.HIDDEN
FIELDS = [
    "roles",
    "networks",
    "endpoints",
    "accepts_parameters",
    "password",
    "public_url",
]
# The matrix of systems.md: one row a type, one column a field.
MATRIX = {
    "v1": [MUST, MAY, MAY, MAY, NOT, NOT],
    "v2": [MUST, MAY, MAY, MAY, NOT, NOT],
    "webservice_standard": [NOT, MAY, MAY, NOT, MUST, MAY],
    "webservice_premium": [NOT, MAY, MAY, NOT, MUST, MAY],
    "manage_consents": [NOT, MAY, MAY, NOT, MUST, MAY],
    "sms": [NOT, MUST, MAY, MAY, NOT, NOT],
}


def test_matrix_of_fields_is_the_documented_one():
    assert {
        name: [kind.fields[field] for field in FIELDS]
        for name, kind in KEY_TYPES.items()
    } == MATRIX
    assert all(kind.fields.keys() == set(FIELDS) for kind in KEY_TYPES.values())


def test_every_stored_type_has_its_data():
    assert list(KEY_TYPES) == list(KeyTypeName)
    assert all(kind.name == name and kind.summary for name, kind in KEY_TYPES.items())


SELF = ("/api/whoami", "/api/explain", "/api/schema", "/api/docs")


@pytest.mark.parametrize(
    ("key_type", "expected"),
    [
        ("v1", ("/api/egress", "/api/ingress", "/api/api-tokens")),
        ("v2", ("/api/v2", "/api/api-tokens")),
        ("webservice_standard", ("/webservice/WebserviceStandard",)),
        ("webservice_premium", ("/webservice/WebservicePremium",)),
        ("manage_consents", ("/webservice/ManageConsents",)),
        ("sms", ("/webservice/SMS",)),
    ],
)
def test_type_covers(key_type, expected):
    assert covered_prefixes(key_type, {}) == expected + SELF
    assert covered_prefixes(key_type, {key_type: ["/crm"], "x": ["/y"]}) == (
        *expected,
        "/crm",
        *SELF,
    )


def test_only_web_service_types_have_users():
    assert [name for name, kind in KEY_TYPES.items() if kind.has_users] == [
        "webservice_standard",
        "webservice_premium",
        "manage_consents",
        "sms",
    ]


@pytest.mark.parametrize("key_type", MATRIX)
def test_required_and_hidden_fields_are_told_apart(key_type):
    everything = dict.fromkeys(FIELDS, "given") | {"name": "Billing"}
    hidden = {
        field
        for field, need in zip(FIELDS, MATRIX[key_type], strict=True)
        if need is NOT
    }
    required = {
        field
        for field, need in zip(FIELDS, MATRIX[key_type], strict=True)
        if need is MUST and field != "password"
    }

    assert misfits(KEY_TYPES[key_type], everything).keys() == hidden
    assert misfits(KEY_TYPES[key_type], {"name": "Billing"}).keys() == required


@pytest.mark.parametrize(
    ("key_type", "name", "is_refused"),
    [
        ("v1", "Billing", False),
        ("v1", "a:b", False),
        ("v1", " ", True),
        ("v1", "", True),
        ("webservice_standard", "a:b", True),
        ("manage_consents", "a b", False),
        ("sms", "a:b", False),
    ],
)
def test_name_is_checked(key_type, name, is_refused):
    given = {"name": name, "roles": ["x"], "networks": ["x"]}
    given = {
        field: value
        for field, value in given.items()
        if field == "name" or KEY_TYPES[key_type].fields[field] is not NOT
    }

    assert ("name" in misfits(KEY_TYPES[key_type], given)) is is_refused
    assert misfits(KEY_TYPES[key_type], given).keys() <= {"name"}
