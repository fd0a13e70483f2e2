from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.test import Client

from apikeys.keys.models import ApiKey
from tests.apikeys.pages import screens
from tests.factories import IssuedFactory, PersonFactory, RoleFactory

MARKUP = "\"><img src=x onerror=alert(1)></textarea><script>alert('x')</script>"
# Every field of the create and the edit form that takes text.
TEXT_FIELDS = ("name", "networks", "endpoints", "public_url", "note", "expires_at")
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def as_mallory(db) -> Client:
    """An administrator whose very name is markup."""
    client = Client()
    client.force_login(PersonFactory(username=MARKUP, roles=["Administrator"]))
    return client


def shows_markup(text) -> bool:
    return "<img src=x" in text or "<script>" in text or "</textarea><" in text


def test_markup_in_stored_texts_is_text_on_every_page(as_mallory):
    role = RoleFactory(name=MARKUP)
    as_mallory.post(
        screens.ADD,
        screens.issue_form(name=MARKUP, note=MARKUP, roles=[str(role.pk)]),
    )
    key = ApiKey.objects.get()
    as_mallory.post(screens.page_of(key), screens.edit_form(key, note=MARKUP * 2))
    as_mallory.post(screens.page_of(key, "deactivate/"))
    paths = (
        screens.page_of(key),
        screens.page_of(key, "delete/"),
        screens.page_of(key, "rotate/"),
        screens.KEYS,
        screens.AUDIT,
        screens.ADD,
        screens.ROLES,
        f"{screens.ROLES}{role.pk}/change/",
        f"{screens.ROLES}{role.pk}/delete/",
    )

    texts = [as_mallory.get(path).content.decode() for path in paths]

    assert all("onerror=alert(1)" in text for text in texts)
    assert [p for p, text in zip(paths, texts, strict=True) if shows_markup(text)] == []


def test_markup_is_text_for_a_reader_too(as_mallory, as_reader):
    as_mallory.post(
        screens.ADD,
        screens.issue_form(
            name=MARKUP,
            key_type="webservice_standard",
            roles=[],
            note=MARKUP,
            public_url="https://portal.example/?a=<script>",
        ),
    )

    text = as_reader.get(screens.page_of(ApiKey.objects.get())).content.decode()

    assert text.count("onerror=alert(1)") > 2
    assert not shows_markup(text)


def test_markup_is_text_on_the_pages_that_answer_a_post(as_mallory):
    form = screens.issue_form(name=MARKUP)
    token_page = as_mallory.post(screens.ADD, form)
    replay = as_mallory.post(screens.ADD, form)

    texts = [answer.content.decode() for answer in (token_page, replay)]

    assert [answer.status_code for answer in (token_page, replay)] == [200, 409]
    assert [shows_markup(text) for text in texts] == [False, False]


@pytest.mark.parametrize("field", [*TEXT_FIELDS, "key_type", "expires", "roles"])
def test_markup_in_a_refused_form_is_text(field, as_administrator):
    form = {**screens.issue_form(roles=[]), "expires": "date", field: MARKUP}

    text = as_administrator.post(screens.ADD, form).content.decode()

    assert not shows_markup(text)


def test_markup_in_an_address_is_text(as_administrator, key):
    asked = {
        screens.KEYS: {"q": MARKUP, "type": MARKUP, "o": MARKUP},
        screens.page_of(key): {"path": MARKUP, "address": MARKUP, "method": MARKUP},
        screens.ROLES: {"q": MARKUP},
        "/settings/login/": {"next": MARKUP},
    }

    texts = [
        as_administrator.get(f"{path}?{urlencode(query)}").content.decode()
        for path, query in asked.items()
    ]

    assert [shows_markup(text) for text in texts] == [False] * 4


@pytest.mark.parametrize("field", [*TEXT_FIELDS, "nonce", "password"])
def test_a_null_byte_is_an_error_of_its_field(field, as_administrator):
    before = screens.state()

    response = as_administrator.post(
        screens.ADD, {**screens.issue_form(), "expires": "date", field: "a\x00b"}
    )

    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert screens.state() == before


@pytest.mark.parametrize("field", [*TEXT_FIELDS, "key_type", "roles", "nonce"])
def test_a_very_long_value_is_an_error_of_its_field(field, as_administrator):
    before = screens.state()
    form = {**screens.issue_form(), "expires": "date", field: "9" * 100_000}

    response = as_administrator.post(screens.ADD, form)

    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert screens.state() == before


def test_a_list_of_too_many_entries_is_an_error_of_its_field(as_administrator):
    networks = ",".join(f"10.0.{number}.0/24" for number in range(201))

    response = as_administrator.post(screens.ADD, screens.issue_form(networks=networks))

    assert screens.errors_beside_fields(response) == {
        "networks": ["At most 200 entries fit."]
    }


def test_a_body_beyond_every_limit_is_refused(as_administrator):
    before = screens.state()

    answers = [
        as_administrator.post(screens.ADD, "a=" + "b" * 3_000_000, content_type=FORM),
        as_administrator.post(screens.ADD, "a=1&" * 1_500, content_type=FORM),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert screens.state() == before


@pytest.mark.parametrize("name", ["%ff%fe", "a%c3", "%ed%a0%80"])
def test_bytes_that_are_no_text_are_an_error_of_the_name(name, as_administrator, key):
    before = screens.state()
    forms = {
        screens.ADD: screens.issue_form(name=None),
        screens.page_of(key): screens.edit_form(key, name=None),
        f"{screens.ROLES}add/": {},
    }

    answers = [
        as_administrator.post(
            path,
            f"{urlencode(form, doseq=True)}&name={name}".encode("latin-1"),
            content_type=FORM,
        )
        for path, form in forms.items()
    ]

    text = "Use letters, digits and signs in one line."
    assert [screens.errors_beside_fields(answer)["name"] for answer in answers] == [
        [text]
    ] * 3
    assert screens.state() == before


@pytest.mark.parametrize(
    "name", ["a\nb", "a\tb", "\x1b[31mred", "a\u202eb", "a\u2028b", "a\x7fb", "a\x85b"]
)
def test_a_name_cannot_forge_lines_or_their_order(name, as_administrator, key):
    before = screens.state()

    response = as_administrator.post(screens.ADD, screens.issue_form(name=name))

    assert list(screens.errors_beside_fields(response)) == ["name"]
    assert screens.state() == before


@pytest.mark.parametrize(
    "name", ["Żółć", "名前 1", "می‌خواهم", "Ops 👩‍💻", "a'b\"c<d>&"]
)
def test_a_name_may_be_in_any_script(name, as_administrator):
    as_administrator.post(screens.ADD, screens.issue_form(name=name))

    assert screens.listed(as_administrator.get(screens.KEYS)) == [name]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{}", "application/json"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data"),
        (b"\xff\xfe", "application/octet-stream"),
    ],
)
def test_a_body_of_another_kind_makes_nothing(body, content_type, as_administrator):
    before = screens.state()

    response = as_administrator.post(screens.ADD, body, content_type=content_type)

    assert response.status_code in {200, 400}
    assert screens.state() == before


@pytest.mark.parametrize(
    "zone",
    ["../../etc/passwd", "/etc/passwd", "x" * 5_000, "America", "a\x00b", "Mars/Base"],
)
def test_a_zone_that_does_not_exist_is_ignored(zone, as_administrator, key):
    as_administrator.cookies["timezone"] = zone

    text = screens.text_of(as_administrator.get(screens.page_of(key)))

    assert " UTC</time>" in text


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_farthest_expiry_can_be_seen_from_every_zone(zone, as_administrator):
    as_administrator.post(
        screens.ADD,
        screens.issue_form(expires="date", expires_at="2120-01-01T00:00"),
    )
    as_administrator.cookies["timezone"] = zone
    paths = (screens.KEYS, screens.page_of(ApiKey.objects.get()), screens.AUDIT)

    assert [as_administrator.get(path).status_code for path in paths] == [200] * 3


@pytest.mark.parametrize(
    "forwarded", ["10.0.0.1", "x" * 10_000, "\x00", "<script>", "::1%eth0"]
)
def test_a_forged_address_is_not_believed(forwarded, as_administrator, key):
    as_administrator.post(
        screens.page_of(key, "deactivate/"), headers={"X-Forwarded-For": forwarded}
    )

    page = screens.text_of(as_administrator.get(screens.AUDIT))
    assert "<code>127.0.0.1</code>" in page
    assert forwarded not in page.split('id="result_list"')[1] or forwarded == "\x00"


def test_one_field_sent_twice_counts_once(as_administrator):
    form = screens.issue_form()
    form["name"] = ["Billing", "Admin"]
    form["key_type"] = ["webservice_standard", "v1"]

    as_administrator.post(screens.ADD, form)

    key = ApiKey.objects.get()
    assert (key.name, key.key_type) == ("Admin", "v1")


def test_a_key_without_an_address_to_show_is_no_error(as_administrator, db):
    IssuedFactory(fields__networks=())

    response = as_administrator.get(screens.ADD, REMOTE_ADDR="")

    assert response.status_code == 200
    assert "Yours is" not in screens.text_of(response)
