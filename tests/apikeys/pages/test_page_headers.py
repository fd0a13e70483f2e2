from __future__ import annotations

import pytest
from django.test import Client

from apikeys.audit.models import AuditEntry
from tests.apikeys.pages import screens
from tests.factories import PersonFactory, RoleFactory

NO_STORE = "max-age=0, no-cache, no-store, must-revalidate, private"
PASSWORD = "correct horse battery staple"


@pytest.fixture
def pages(key):
    entry = AuditEntry.objects.get()
    role = RoleFactory(name="Bookkeeping")
    return [
        "/settings/login/",
        "/settings/password_change/",
        "/settings/nowhere",
        screens.KEYS,
        screens.ADD,
        screens.page_of(key),
        screens.page_of(key, "rotate/"),
        screens.page_of(key, "delete/"),
        screens.ROLES,
        f"{screens.ROLES}add/",
        f"{screens.ROLES}{role.pk}/change/",
        f"{screens.ROLES}{role.pk}/delete/",
        screens.AUDIT,
        f"{screens.AUDIT}{entry.pk}/change/",
    ]


def policy_of(response) -> dict[str, set[str]]:
    directives = response["Content-Security-Policy"].split(";")
    return {
        name: set(sources)
        for name, *sources in (directive.split() for directive in directives)
    }


def test_every_page_has_the_same_strict_policy(as_administrator, anonymous, pages):
    answers = [client.get(p) for client in (as_administrator, anonymous) for p in pages]
    answers.append(as_administrator.post(screens.ADD, screens.issue_form(name="A")))
    answers.append(as_administrator.get(f"{screens.KEYS}?password=x"))

    policies = [policy_of(answer) for answer in answers]

    assert policies == [policies[0]] * len(answers)
    assert policies[0] == {
        "default-src": {"'self'"},
        "img-src": {"'self'", "data:"},
        "frame-ancestors": {"'none'"},
        "base-uri": {"'none'"},
        "object-src": {"'none'"},
        "form-action": {"'self'"},
    }


def test_every_page_keeps_out_of_frames_and_keeps_its_address(as_administrator, pages):
    answers = [as_administrator.get(path) for path in pages]

    found = {
        (
            answer["X-Frame-Options"],
            answer["Referrer-Policy"],
            answer["X-Content-Type-Options"],
            answer["Cross-Origin-Opener-Policy"],
        )
        for answer in answers
    }
    assert found == {("DENY", "same-origin", "nosniff", "same-origin")}


def test_no_page_behind_the_sign_in_is_kept_by_a_browser(as_administrator, pages):
    found = {as_administrator.get(path)["Cache-Control"] for path in pages[3:]}

    assert found == {NO_STORE}


def test_no_page_has_a_script_or_a_style_in_itself(as_administrator, pages):
    texts = [as_administrator.get(path).content.decode() for path in pages]
    texts.append(
        as_administrator.post(
            screens.ADD, screens.issue_form(name="A")
        ).content.decode()
    )

    found = [
        text.count(mark)
        for text in texts
        for mark in ("<script>", "<style", " style=", " onclick=", " onload=", "http:")
    ]
    assert [count for count in found if count] == [1]  # the curl line of the token


@pytest.mark.parametrize(
    "part",
    ["", "rotate/", "password/", "deactivate/", "delete/", "cancel-rotation/"],
)
def test_a_post_from_another_site_changes_nothing(part, administrator, key):
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator)
    form = screens.edit_form(key, typed_name=key.name, nonce=screens.nonce())
    before = screens.state()

    response = client.post(screens.page_of(key, part), form)

    assert response.status_code == 403
    assert "This form is too old" in screens.text_of(response)
    assert screens.state() == before


@pytest.mark.parametrize("path", [screens.ADD, f"{screens.ROLES}add/"])
def test_a_create_form_from_another_site_makes_nothing(path, administrator):
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator)
    before = screens.state()

    response = client.post(path, screens.issue_form(permissions=[]))

    assert response.status_code == 403
    assert screens.state() == before


def test_a_form_with_its_csrf_token_passes(administrator, key):
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator)
    token = client.get(screens.page_of(key)).context["csrf_token"]

    client.post(
        screens.page_of(key, "deactivate/"), {"csrfmiddlewaretoken": str(token)}
    )

    key.refresh_from_db()
    assert key.is_active is False


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (screens.AUDIT, screens.AUDIT),
        ("https://mallory.example/", "/settings/"),
        ("//mallory.example/", "/settings/"),
        ("///mallory.example", "/settings/"),
        ("/\\mallory.example", "/settings/"),
        ("javascript:alert(1)", "/settings/"),
        ("http:mallory.example", "/settings/"),
        ("https://testserver@mallory.example/", "/settings/"),
        (" //mallory.example", "/settings/"),
        ("", "/settings/"),
    ],
)
def test_the_sign_in_leads_nowhere_but_here(target, expected, client, db):
    person = PersonFactory(username="ada", roles=["Administrator"])
    person.set_password(PASSWORD)
    person.save()

    response = client.post(
        "/settings/login/",
        {"username": "ada", "password": PASSWORD, "next": target},
    )

    assert response["Location"] == expected


@pytest.mark.parametrize(
    ("is_staff", "is_active", "password"),
    [(False, True, PASSWORD), (True, False, PASSWORD), (True, True, "wrong")],
    ids=["no staff", "inactive", "wrong password"],
)
def test_a_refused_sign_in_does_not_say_why(is_staff, is_active, password, client, db):
    person = PersonFactory(username="ada", is_staff=is_staff, is_active=is_active)
    person.set_password(PASSWORD)
    person.save()

    response = client.post(
        "/settings/login/", {"username": "ada", "password": password}
    )

    assert "_auth_user_id" not in client.session
    assert (
        "Please enter the correct user name or e-mail and password of a staff account."
        in (screens.text_of(response))
    )


def test_signing_out_needs_a_post(as_administrator):
    got = as_administrator.get("/settings/logout/")["Location"]
    inside = as_administrator.get(screens.KEYS).status_code
    as_administrator.post("/settings/logout/")

    assert (got, inside, as_administrator.get(screens.KEYS).status_code) == (
        "/settings/",
        200,
        302,
    )
