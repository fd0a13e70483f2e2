"""HTTP Basic, and what a refusal says of what was sent: much, and never a piece of it."""

from __future__ import annotations

import string
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apikeys.access import credentials, refusals, tokens
from apikeys.access.credentials import PresentedCredential
from apikeys.access.refusals import Refusal
from tests.apikeys.presenting import basic

TOKEN = tokens.generate()
OTHER = tokens.generate()
TEXT, ID, SECRET = TOKEN.text, TOKEN.public_id, TOKEN.secret
PAIRS = (("HTTP_X_API_ID", "HTTP_X_API_KEY"),)
FOUND = PresentedCredential(TEXT, in_parameters=False)

_WANTED = "Send 'Authorization: Bearer <token>', or HTTP Basic."
ANOTHER_SCHEME = f"Authorization carries another scheme. {_WANTED}"
MISWRITTEN = (
    "Bearer is not written as it must be: the word alone, one space, then the token."
)
BEARER_MISSING = f"Bearer is missing before the token. {_WANTED}"
NO_KEY = (
    "Basic carries no API key. Its user name must be the key's ID, with the secret as"
    " the password, or the whole token, with an empty password."
)
NOT_BASE64 = "What follows Basic is not Base64 of a user name, a colon and a password."
NOT_UTF_8 = "What follows Basic is not UTF-8 once its Base64 is decoded."
NO_COLON = (
    "What follows Basic has no colon between user name and password once its Base64"
    " is decoded."
)
ID_ALONE = "Only the ID of an ID and key pair was sent. Send the key beside it."
SECRET_ALONE = (
    "Only the key of an ID and key pair was sent. Send the ID beside it, or the whole"
    " token in its place."
)
HALF = "Only one half of an ID and key pair was sent."
PASSWORD_BESIDE = (
    "Basic has the whole token as its user name and a password beside it. Leave the"
    " password empty."
)
OTHER_ID = (
    "The ID and the token beside it do not belong together. Send the token alone."
)
GENERIC = "What was sent does not have the form of a token."
MARK = (
    "There is a byte-order mark before the token or in it. Send the token without it."
)
QUOTES = "There are quotation marks around the token or in it. Send it without them."
BRACKETS = "There are brackets around the token or in it. Send it without them."
TWICE = (
    "There is a comma in the token: its header may have been sent twice. Send the"
    " token once."
)
SPACES = (
    "There are spaces or line breaks around the token or in it. Send it without them."
)
UNSEEN = (
    "There are invisible characters around the token or in it. Send it without them."
)


def _answer(authorization, environ=None, *carriers):
    found = credentials.find(authorization, environ or {}, PAIRS, *carriers)
    if isinstance(found, Refusal):
        return found
    read = credentials.read(found.text)
    return read if isinstance(read, Refusal) else found


def _basic(text):
    return basic(text)["Authorization"]


def _as_wsgi_has_it(text):
    return text.encode().decode("latin-1")


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(_basic(f"{ID}:{SECRET}"), id="id-and-secret"),
        pytest.param(_basic(f"{TEXT}:"), id="token-as-user"),
        pytest.param(_basic(f"{ID}:{TEXT}"), id="id-and-token"),
        pytest.param(_basic(f"{TEXT}:{TEXT}"), id="token-as-both"),
        pytest.param(_basic(f"{TEXT}:").replace("Basic", "basic"), id="small-letters"),
        pytest.param(f"  {_basic(f'{TEXT}:')} \t", id="blank-around"),
        pytest.param(_basic(f"{TEXT}:").replace(" ", "   "), id="more-spaces"),
        pytest.param(_basic(f"{TEXT}:").replace(" ", "\t"), id="tab"),
    ],
)
def test_basic_gives_the_token(authorization):
    assert _answer(authorization) == FOUND


@pytest.mark.parametrize(
    ("authorization", "code", "detail"),
    [
        pytest.param("Basic", "malformed", NO_COLON, id="scheme-alone"),
        pytest.param("Basic ====", "malformed", NOT_BASE64, id="padding-alone"),
        pytest.param(f"Basic {ID}:{SECRET}", "malformed", NOT_BASE64, id="not-encoded"),
        pytest.param("Basic é", "malformed", NOT_BASE64, id="not-ascii"),
        pytest.param("Basic YTpi YTpi", "malformed", NOT_BASE64, id="two-values"),
        pytest.param("Basic YTp", "malformed", NOT_BASE64, id="cut"),
        pytest.param(_basic(b"\xff\xfe:x"), "malformed", NOT_UTF_8, id="not-utf-8"),
        pytest.param(_basic(TEXT), "malformed", NO_COLON, id="no-colon"),
        pytest.param(_basic(":"), "malformed", NO_KEY, id="both-empty"),
        pytest.param(_basic("Billing:pass"), "malformed", NO_KEY, id="no-key"),
        pytest.param(_basic(f"{ID}:"), "malformed", ID_ALONE, id="id-alone"),
        pytest.param(_basic(f":{TEXT}"), "malformed", NO_KEY, id="token-as-password"),
        pytest.param(_basic(f"{SECRET}:"), "malformed", NO_KEY, id="secret-as-user"),
        pytest.param(_basic(f"{TEXT}:x"), "malformed", PASSWORD_BESIDE, id="password"),
        pytest.param(
            _basic(f"{TEXT}:{OTHER.text}"),
            "malformed",
            PASSWORD_BESIDE,
            id="token-of-another-as-password",
        ),
        pytest.param(
            _basic(f"{OTHER.public_id}:{TEXT}"), "malformed", OTHER_ID, id="other-id"
        ),
        pytest.param(
            _basic(f"{OTHER.public_id}:{SECRET}"),
            "invalid",
            refusals.CREDENTIALS_INVALID.detail,
            id="id-of-another-key",
        ),
        pytest.param(_basic(f"{ID}:{SECRET}\n"), "malformed", SPACES, id="newline"),
        pytest.param(_basic(f" {TEXT}:"), "malformed", SPACES, id="space-before"),
        pytest.param(_basic(f"{ID}:'{SECRET}'"), "malformed", QUOTES, id="quoted"),
        pytest.param(_basic(f"\ufeff{TEXT}:"), "malformed", MARK, id="byte-order-mark"),
        pytest.param(_basic(f"{ID}:{SECRET}:x"), "malformed", GENERIC, id="two-colons"),
    ],
)
def test_basic_is_refused(authorization, code, detail):
    refusal = _answer(authorization)

    assert (refusal.code, refusal.detail) == (f"credentials_{code}", detail)


@pytest.mark.parametrize(
    ("authorization", "detail"),
    [
        pytest.param(
            f"Token {TEXT}",
            f"Authorization carries the scheme Token. {_WANTED}",
            id="token",
        ),
        pytest.param(
            f"APIKEY {TEXT}",
            f"Authorization carries the scheme ApiKey. {_WANTED}",
            id="api-key-in-one",
        ),
        pytest.param(
            "api-key x",
            f"Authorization carries the scheme Api-Key. {_WANTED}",
            id="api-key-in-two",
        ),
        pytest.param(
            'Digest username="x"',
            f"Authorization carries the scheme Digest. {_WANTED}",
            id="digest",
        ),
        pytest.param(f"Hunter2 {TEXT}", ANOTHER_SCHEME, id="unknown"),
        pytest.param("kd_A kd_B", ANOTHER_SCHEME, id="two-words"),
        pytest.param(SECRET, ANOTHER_SCHEME, id="bare-secret"),
        pytest.param(TEXT, BEARER_MISSING, id="bare-token"),
        pytest.param(f" {TEXT} ", BEARER_MISSING, id="bare-token-in-blank"),
        pytest.param(f'"{TEXT}"', BEARER_MISSING, id="bare-token-in-quotes"),
        pytest.param(f"Bearer: {TEXT}", MISWRITTEN, id="colon-after-bearer"),
        pytest.param(f"Bearer.\t{TEXT}", MISWRITTEN, id="stop-after-bearer"),
        pytest.param(f"Bearer{TEXT}", MISWRITTEN, id="no-space-after-bearer"),
        pytest.param(f'"Bearer {TEXT}"', MISWRITTEN, id="all-in-quotes"),
        pytest.param(
            _as_wsgi_has_it(f"\ufeffBearer {TEXT}"), MISWRITTEN, id="byte-order-mark"
        ),
        pytest.param("Bearer", "There is no token after Bearer.", id="bearer-alone"),
        pytest.param("Bearer  ", "There is no token after Bearer.", id="bearer-blank"),
    ],
)
def test_authorization_that_is_there_is_never_missing(authorization, detail):
    refusal = _answer(authorization)

    assert (refusal.code, refusal.detail) == ("credentials_malformed", detail)
    assert refusal.status == refusal.gate_status == 401


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        pytest.param(f'"{TEXT}"', QUOTES, id="double-quotes"),
        pytest.param(f"'{TEXT}", QUOTES, id="quote-before"),
        pytest.param(f"`{TEXT}`", QUOTES, id="backticks"),
        pytest.param(f"\u201c{TEXT}\u201d", QUOTES, id="curly-quotes"),
        pytest.param(f"\u00ab{TEXT}\u00bb", QUOTES, id="angle-quotes"),
        pytest.param(f"{{{TEXT}}}", BRACKETS, id="braces"),
        pytest.param(f"<{TEXT}>", BRACKETS, id="angle-brackets"),
        pytest.param(f"[{TEXT}]", BRACKETS, id="square-brackets"),
        pytest.param("${API_TOKEN}", BRACKETS, id="variable-that-was-not-replaced"),
        pytest.param(f"\ufeff{TEXT}", MARK, id="byte-order-mark"),
        pytest.param(f'\ufeff"{TEXT}"', MARK, id="byte-order-mark-and-quotes"),
        pytest.param(f"{TEXT}\u200b", UNSEEN, id="zero-width-space"),
        pytest.param(f"{TEXT[:9]}\u200d{TEXT[9:]}", UNSEEN, id="joiner-inside"),
        pytest.param(f"\u2060{TEXT}", UNSEEN, id="word-joiner"),
        pytest.param(f"{TEXT}\u00ad", UNSEEN, id="soft-hyphen"),
        pytest.param(f"{TEXT}\ufe0f", UNSEEN, id="variation-selector"),
        pytest.param(f"\u202e{TEXT}", UNSEEN, id="right-to-left"),
        pytest.param(f"\u00a0{TEXT}\u00a0", UNSEEN, id="no-break-spaces"),
        pytest.param(f"{TEXT}\u3000", UNSEEN, id="wide-space"),
        pytest.param(f"{TEXT}\u2028", UNSEEN, id="line-separator"),
        pytest.param(f"{TEXT}\x00", UNSEEN, id="nul"),
        pytest.param(f"{TEXT}\x1b", UNSEEN, id="escape"),
        pytest.param(f"{TEXT[:9]} {TEXT[9:]}", SPACES, id="space-inside"),
        pytest.param(f"{TEXT[:9]}\r\n {TEXT[9:]}", SPACES, id="folded"),
        pytest.param(f"{TEXT},{TEXT}", TWICE, id="twice"),
        pytest.param(TEXT[:-1], GENERIC, id="cut"),
        pytest.param(f"{TEXT}\u00e9", GENERIC, id="letter-of-another-alphabet"),
        pytest.param('"' * 401, GENERIC, id="too-long-to-be-searched"),
    ],
)
@pytest.mark.parametrize("place", ["bearer", "as-wsgi-has-it", "parameter"])
def test_token_is_refused_for_what_is_around_it(text, detail, place):
    if place == "bearer":
        refusal = _answer(f"Bearer {text}")
    elif place == "as-wsgi-has-it":
        refusal = _answer(f"Bearer {_as_wsgi_has_it(text)}")
    else:
        refusal = credentials.read(text)

    assert (refusal.code, refusal.detail) == ("credentials_malformed", detail)


@pytest.mark.parametrize("quoted", ["id", "secret"])
def test_quotes_around_a_half_of_a_pair_are_told(quoted):
    key_id, secret = (f'"{ID}"', SECRET) if quoted == "id" else (ID, f'"{SECRET}"')

    refusal = _answer(None, {"HTTP_X_API_ID": key_id, "HTTP_X_API_KEY": secret})

    assert (refusal.code, refusal.detail) == ("credentials_malformed", QUOTES)


@pytest.mark.parametrize(
    ("environ", "carriers", "detail"),
    [
        pytest.param({"HTTP_X_API_ID": ID}, [], ID_ALONE, id="id"),
        pytest.param({"HTTP_X_API_KEY": SECRET}, [], SECRET_ALONE, id="secret"),
        pytest.param({}, [[("api", ID)]], HALF, id="parameter"),
    ],
)
def test_half_a_pair_is_told(environ, carriers, detail):
    refusal = _answer(None, environ, *carriers)

    assert (refusal.code, refusal.detail) == ("credentials_malformed", detail)


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param("Token of-the-host", id="known-scheme"),
        pytest.param("Hawk x", id="unknown-scheme"),
        pytest.param("Basic %", id="basic-that-cannot-be-decoded"),
        pytest.param(_basic("Billing:password"), id="basic-without-a-key"),
    ],
)
def test_authorization_of_the_guarded_application_does_not_hide_a_key(authorization):
    in_pair = {"HTTP_X_API_ID": ID, "HTTP_X_API_KEY": SECRET}
    in_parameters = [("api", ID), ("apikey", SECRET)]

    assert _answer(authorization, in_pair) == FOUND
    assert _answer(authorization, {"HTTP_X_API_KEY": TEXT}) == FOUND
    assert _answer(authorization, {}, in_parameters) == PresentedCredential(TEXT, True)


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(_basic(f"{OTHER.text}:"), id="another-key"),
        pytest.param(_basic(f"{ID}:"), id="half-a-pair"),
        pytest.param(_basic(f"{ID}:{SECRET} "), id="same-key-with-a-space"),
    ],
)
def test_basic_that_holds_a_key_must_agree_with_the_headers(authorization):
    refusal = _answer(authorization, {"HTTP_X_API_KEY": TEXT})

    assert refusal == refusals.CREDENTIALS_AMBIGUOUS


def test_half_a_parameter_pair_hides_no_wrong_scheme():
    refusal = _answer("Hawk x", {}, [("api", "invoices")])

    assert refusal.detail == ANOTHER_SCHEME


# Texts as secrets are, which no detail has by chance.
_SECRETS = st.text(string.ascii_letters + string.digits, min_size=12, max_size=60)
_AROUND = st.text(max_size=3)
_SENT = st.one_of(
    _SECRETS,
    st.builds("kd_{}_{}".format, _SECRETS, _SECRETS),
    st.builds("{}{}{}".format, _AROUND, _SECRETS, _AROUND),
    st.builds("{}:{}".format, _SECRETS, _SECRETS),
)
_AUTHORIZATION = st.one_of(
    st.none(),
    _SENT,
    st.builds(
        "{} {}".format,
        st.sampled_from(["Bearer", "Basic", "Token", "Digest"]) | _SECRETS,
        _SENT | _SENT.map(lambda text: b64encode(text.encode()).decode()),
    ),
)


@given(_AUTHORIZATION, st.none() | _SENT, st.none() | _SENT, st.none() | _SENT)
def test_no_piece_of_what_was_sent_stands_in_a_refusal(
    authorization, key_id, secret, parameter
):
    sent = {"HTTP_X_API_ID": key_id, "HTTP_X_API_KEY": secret}
    environ = {name: value for name, value in sent.items() if value is not None}
    carrier = [] if parameter is None else [("api", parameter)]

    refusal = _answer(authorization, environ, carrier)

    assert isinstance(refusal, Refusal)
    said = str(refusal.problem(401))
    texts = (authorization, key_id, secret, parameter)
    assert not [text for text in texts if text and _shares_a_piece(text, said)]


def _shares_a_piece(text, said, length=12):
    return any(
        text[start : start + length] in said
        for start in range(max(1, len(text) - length + 1))
    )


@given(st.binary(max_size=80))
def test_any_bytes_in_basic_are_a_refusal(value):
    encoded = f"Basic {b64encode(value).decode()}"

    for authorization in (encoded, f"Basic {value.decode('latin-1')}"):
        assert isinstance(_answer(authorization), Refusal)
