from __future__ import annotations

import json
import tracemalloc
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apikeys.access import credentials, parameters, refusals, tokens
from apikeys.access.credentials import PresentedCredential
from apikeys.access.refusals import Refusal
from apikeys.access.tokens import KEY_PREFIX
from apikeys.app_settings import app_settings

TOKEN = tokens.generate()
OTHER = tokens.generate()
TEXT = TOKEN.text
ID, SECRET = TOKEN.public_id, TOKEN.secret
# One character of the check is another one.
WRONG_CHECK = TEXT[:-1] + ("0" if TEXT[-1] != "0" else "1")

IN_HEADERS = PresentedCredential(TEXT, in_parameters=False)
IN_PARAMETERS = PresentedCredential(TEXT, in_parameters=True)
MISSING = refusals.CREDENTIALS_MISSING.code
MALFORMED = refusals.CREDENTIALS_MALFORMED.code
AMBIGUOUS = refusals.CREDENTIALS_AMBIGUOUS.code
INVALID = refusals.CREDENTIALS_INVALID.code


def _find(authorization, pairs, *carriers):
    """Return what is presented if it has the form of a token, else the code of refusal.

    `pairs` are the values of the header pairs, in the order of their setting.
    """
    answer = _answer(authorization, pairs, *carriers)
    return answer.code if isinstance(answer, Refusal) else answer


def _answer(authorization, pairs, *carriers):
    environ = {
        name: value
        for names, values in zip(app_settings.key_headers, pairs, strict=False)
        for name, value in zip(names, values, strict=True)
        if value is not None
    }
    found = credentials.find(
        authorization, environ, app_settings.key_headers, *carriers
    )
    if isinstance(found, Refusal):
        return found
    read = credentials.read(found.text)
    return read if isinstance(read, Refusal) else found


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        pytest.param(None, MISSING, id="nothing-sent"),
        pytest.param("", MISSING, id="empty-value"),
        pytest.param("  ", MISSING, id="spaces"),
        pytest.param("Bearer", MALFORMED, id="scheme-only"),
        pytest.param("Bearer ", MALFORMED, id="scheme-and-space"),
        pytest.param(f"Bearer {TEXT}", IN_HEADERS, id="token"),
        pytest.param(f"bearer {TEXT}", IN_HEADERS, id="scheme-in-small"),
        pytest.param(f"BEARER {TEXT}", IN_HEADERS, id="scheme-in-capitals"),
        pytest.param(f"  Bearer   {TEXT}  ", IN_HEADERS, id="extra-spaces"),
        pytest.param(f"Bearer \t{TEXT}\t", IN_HEADERS, id="tabs-about-the-token"),
        pytest.param(f"Bearer {TEXT}\r\n", IN_HEADERS, id="newline-behind"),
        pytest.param(f"Bearer\t{TEXT}", IN_HEADERS, id="tab-for-the-space"),
        pytest.param(f"Bearer{TEXT}", MALFORMED, id="no-space"),
        pytest.param(f"Bearer: {TEXT}", MALFORMED, id="colon-after-scheme"),
        pytest.param(TEXT, MALFORMED, id="no-scheme"),
        pytest.param(f"Token {TEXT}", MALFORMED, id="unknown-scheme"),
        pytest.param("Basic YTpi", MALFORMED, id="basic-of-another-application"),
        pytest.param(f"Bearer {TEXT} {TEXT}", MALFORMED, id="two-values"),
        pytest.param(f"Bearer {TEXT}, Bearer {TEXT}", MALFORMED, id="header-twice"),
        pytest.param(f"Bearer {TEXT[:30]} {TEXT[30:]}", MALFORMED, id="space-in-token"),
        pytest.param(f"Bearer {TEXT[:30]}\0{TEXT[30:]}", MALFORMED, id="nul-in-token"),
        pytest.param(f'Bearer "{TEXT}"', MALFORMED, id="quoted"),
        pytest.param(f"Bearer {ID}", MALFORMED, id="public-id-alone"),
        pytest.param(f"Bearer {TEXT[:-1]}", MALFORMED, id="truncated"),
        pytest.param(f"Bearer {TEXT}0", MALFORMED, id="one-too-long"),
        pytest.param(f"Bearer {WRONG_CHECK}", INVALID, id="wrong-check"),
        pytest.param(f"Bearer kp{TEXT[2:]}", MALFORMED, id="prefix-of-a-plugin-token"),
        pytest.param("Bearer Ã©Ã¨", MALFORMED, id="utf-8-as-latin-1"),
        pytest.param("Bearer \xff\xfe", MALFORMED, id="not-utf-8"),
        pytest.param(f"Bearer {'a' * 1_000_000}", MALFORMED, id="one-megabyte"),
        pytest.param(f"Bearer {TEXT * 20_000}", MALFORMED, id="a-megabyte-of-tokens"),
    ],
)
def test_authorization_header_gives(authorization, expected):
    assert _find(authorization, []) == expected


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        pytest.param([], MISSING, id="none"),
        pytest.param([(None, None), (ID, SECRET)], IN_HEADERS, id="second-pair"),
        pytest.param([(ID, SECRET)], IN_HEADERS, id="pair"),
        pytest.param([(f" {ID} ", f" {SECRET} ")], IN_HEADERS, id="spaces"),
        pytest.param([(ID, SECRET), (ID, SECRET)], IN_HEADERS, id="same-pair-twice"),
        pytest.param([(ID, None)], MALFORMED, id="id-alone"),
        pytest.param([(None, SECRET)], MALFORMED, id="secret-alone"),
        pytest.param([(None, TEXT)], IN_HEADERS, id="token-as-the-secret"),
        pytest.param([(TEXT, None)], MALFORMED, id="token-as-the-id"),
        pytest.param([("", "")], MISSING, id="both-empty"),
        pytest.param([(SECRET, ID)], MALFORMED, id="swapped"),
        pytest.param([(ID, None), (None, SECRET)], AMBIGUOUS, id="halves-of-two-pairs"),
        pytest.param([(ID, f"{SECRET}, {SECRET}")], MALFORMED, id="header-twice"),
        pytest.param(
            [(ID, SECRET), (OTHER.public_id, OTHER.secret)], AMBIGUOUS, id="two-keys"
        ),
        pytest.param([(OTHER.public_id, SECRET)], INVALID, id="id-of-another-key"),
        pytest.param([(" ", "\t"), (ID, SECRET)], IN_HEADERS, id="blank-pair-beside"),
        pytest.param([(" ", "\t")], MISSING, id="both-blank"),
        pytest.param([(ID, "")], MALFORMED, id="id-and-an-empty-secret"),
        pytest.param([("", SECRET)], MALFORMED, id="secret-and-an-empty-id"),
        pytest.param([("", TEXT)], IN_HEADERS, id="token-beside-an-empty-id"),
        pytest.param([(ID, TEXT)], IN_HEADERS, id="token-beside-its-id"),
        pytest.param([(None, f" {TEXT} ")], IN_HEADERS, id="token-in-spaces"),
        pytest.param([(None, TEXT), (ID, SECRET)], IN_HEADERS, id="token-and-its-pair"),
        pytest.param([(None, TEXT), (None, TEXT)], IN_HEADERS, id="token-twice"),
        pytest.param([(None, TEXT), (None, OTHER.text)], AMBIGUOUS, id="two-tokens"),
        pytest.param(
            [(OTHER.public_id, TEXT)], MALFORMED, id="token-beside-the-id-of-another"
        ),
        pytest.param([(ID[:-1], TEXT)], MALFORMED, id="token-beside-a-cut-id"),
        pytest.param([(None, WRONG_CHECK)], INVALID, id="token-with-a-wrong-check"),
        pytest.param([(None, TEXT[:-1])], MALFORMED, id="truncated-token"),
        pytest.param([(None, ID)], MALFORMED, id="id-as-the-secret"),
    ],
)
def test_header_pairs_give(pairs, expected):
    assert _find(None, pairs) == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        pytest.param([("api", ID), ("apikey", SECRET)], IN_PARAMETERS, id="tld-pair"),
        pytest.param(
            [("api_key", SECRET), ("api_id", ID)], IN_PARAMETERS, id="second-pair"
        ),
        pytest.param(
            [("api", ID), ("apikey", SECRET), ("api_id", ID), ("api_key", SECRET)],
            IN_PARAMETERS,
            id="both-pairs-the-same",
        ),
        pytest.param(
            [("api", ID), ("apikey", SECRET)] * 2, IN_PARAMETERS, id="repeated"
        ),
        pytest.param([("api", ID), ("api_key", SECRET)], MALFORMED, id="mixed-names"),
        pytest.param([("api", ID)], MALFORMED, id="id-alone"),
        pytest.param([("apikey", SECRET)], MALFORMED, id="secret-alone"),
        pytest.param([("api", ""), ("apikey", "")], MALFORMED, id="both-empty"),
        pytest.param(
            [("api", ID), ("api", "x"), ("apikey", SECRET)], AMBIGUOUS, id="two-ids"
        ),
        pytest.param(
            [("api", ID), ("apikey", SECRET), ("apikey", "x")],
            AMBIGUOUS,
            id="two-secrets",
        ),
        pytest.param(
            [
                ("api", ID),
                ("apikey", SECRET),
                ("api_id", OTHER.public_id),
                ("api_key", OTHER.secret),
            ],
            AMBIGUOUS,
            id="two-keys",
        ),
        pytest.param(
            [("api", ID), ("apikey", SECRET), ("api_id", ID)],
            IN_PARAMETERS,
            id="pair-and-a-half",
        ),
    ],
)
def test_parameters_give(parameters, expected):
    assert _find(None, [], parameters) == expected


def test_same_token_in_every_place_is_one_that_stood_in_parameters():
    found = _find(f"Bearer {TEXT}", [(ID, SECRET)], [("api", ID), ("apikey", SECRET)])

    assert found == IN_PARAMETERS


@pytest.mark.parametrize(
    ("authorization", "pairs", "parameters"),
    [
        pytest.param(
            f"Bearer {TEXT}",
            [(OTHER.public_id, OTHER.secret)],
            [],
            id="bearer-and-header-pair",
        ),
        pytest.param(
            f"Bearer {TEXT}",
            [],
            [("api_id", OTHER.public_id), ("api_key", OTHER.secret)],
            id="bearer-and-parameters",
        ),
        pytest.param(
            None,
            [(ID, SECRET)],
            [("api_id", OTHER.public_id), ("api_key", OTHER.secret)],
            id="header-pair-and-parameters",
        ),
        pytest.param(f"Bearer {TEXT}", [(ID, None)], [], id="bearer-and-half-a-pair"),
        pytest.param("Bearer nonsense", [(ID, SECRET)], [], id="nonsense-and-a-pair"),
        pytest.param("Bearer ", [(ID, SECRET)], [], id="empty-bearer-and-a-pair"),
    ],
)
def test_two_different_credentials_are_ambiguous(authorization, pairs, parameters):
    assert _find(authorization, pairs, parameters) == AMBIGUOUS


def test_half_a_parameter_pair_beside_a_token_is_the_applications_own():
    found = _find(f"Bearer {TEXT}", [], [("api", "invoices")])

    assert found == IN_HEADERS


def test_halves_in_two_carriers_are_no_pair():
    query, body = [("api", ID)], [("apikey", SECRET)]

    assert _find(None, [], query, body) == MALFORMED


def test_pair_in_each_of_two_carriers_is_one_credential():
    pair = [("api", ID), ("apikey", SECRET)]

    assert _find(None, [], pair, list(pair)) == IN_PARAMETERS


def test_different_pairs_in_two_carriers_are_ambiguous():
    query = [("api", ID), ("apikey", SECRET)]
    body = [("api", OTHER.public_id), ("apikey", OTHER.secret)]

    assert _find(None, [], query, body) == AMBIGUOUS


def test_thousands_of_parameters_do_not_multiply():
    parameters = [("api", f"i{number}") for number in range(1_000)]
    parameters += [("apikey", f"s{number}") for number in range(1_000)]
    tracemalloc.start()

    found = _find(None, [], parameters)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == AMBIGUOUS
    # A million pairs of them would take 60 MB.
    assert peak < 2_000_000


@given(
    st.none() | st.text() | st.text().map("Bearer {}".format),
    st.lists(st.tuples(st.none() | st.text(), st.none() | st.text()), max_size=2),
    st.lists(
        st.tuples(st.sampled_from(["api", "apikey", "api_id", "api_key"]), st.text()),
        max_size=4,
    ),
)
def test_any_text_anywhere_is_a_refusal(authorization, pairs, parameters):
    assert isinstance(_answer(authorization, pairs, parameters), Refusal)


@given(st.binary())
def test_any_bytes_in_the_header_are_a_refusal(value):
    # WSGI hands on bytes as Latin-1 (PEP 3333).
    found = _answer(f"Bearer {value.decode('latin-1')}", [])

    assert isinstance(found, Refusal)


def test_lone_surrogate_in_a_parameter_is_malformed():
    carrier = parameters.json_parameters(
        json.dumps({"api_id": ID, "api_key": "\ud800"}).encode()
    )

    assert _find(None, [], carrier) == MALFORMED


def test_header_names_are_a_setting(settings):
    settings.KEY_HEADER_PAIRS = (("acme-id", "acme-key"),)
    environ = {"HTTP_ACME_ID": ID, "HTTP_ACME_KEY": SECRET, "HTTP_X_API_ID": "x"}

    assert credentials.find(None, environ, app_settings.key_headers) == IN_HEADERS
    assert app_settings.header_names == (
        "Authorization: Bearer or Basic, acme-id and acme-key, or the whole token alone"
        " in acme-key"
    )


def test_without_header_pairs_authorization_alone_is_named(settings):
    settings.KEY_HEADER_PAIRS = ()

    assert app_settings.header_names == "Authorization: Bearer or Basic"


@pytest.mark.parametrize(
    "names", [("TLD_API_ID", "TLD_API_KEY"), ("X_API_ID", "X_API_KEY")]
)
def test_both_header_pairs_are_read_by_default(names):
    key_id, secret = names
    environ = {f"HTTP_{key_id}": ID, f"HTTP_{secret}": SECRET, "HTTP_ACCEPT": "*/*"}

    assert credentials.find(None, environ, app_settings.key_headers) == IN_HEADERS


def test_credential_that_is_read_is_the_token():
    assert credentials.read(TEXT) == TOKEN
    assert ID.startswith(KEY_PREFIX)


@pytest.mark.parametrize("show", [repr, str, "{}".format])
def test_presented_never_shows_the_secret(show):
    assert show(IN_HEADERS) == "PresentedCredential(in_parameters=False)"


def _basic(user: str, password: str = "") -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "pairs", "expected"),
    [
        pytest.param(_basic(ID, SECRET), [], IN_HEADERS, id="id-and-secret"),
        pytest.param(_basic(TEXT), [], IN_HEADERS, id="token-alone"),
        pytest.param(_basic(ID, TEXT), [], IN_HEADERS, id="id-and-token"),
        pytest.param(_basic(ID), [], MALFORMED, id="id-alone"),
        pytest.param(_basic("", TEXT), [], MALFORMED, id="token-as-the-password"),
        pytest.param(_basic(OTHER.public_id, TEXT), [], MALFORMED, id="other-id"),
        pytest.param(_basic(OTHER.public_id, SECRET), [], INVALID, id="other-secret"),
        pytest.param(_basic("portal", "secret"), [], MALFORMED, id="not-a-key"),
        pytest.param("Basic", [], MALFORMED, id="scheme-alone"),
        pytest.param("Basic !", [], MALFORMED, id="no-base64"),
        pytest.param("Basic /////w==", [], MALFORMED, id="no-utf-8"),
        pytest.param(_basic(TEXT), [(ID, SECRET)], IN_HEADERS, id="same-in-a-pair"),
        pytest.param(
            _basic(OTHER.text), [(ID, SECRET)], AMBIGUOUS, id="another-than-the-pair"
        ),
        pytest.param(
            _basic("portal", "x"), [(ID, SECRET)], IN_HEADERS, id="not-a-key-and-a-pair"
        ),
        pytest.param("Token x", [(ID, SECRET)], IN_HEADERS, id="foreign-and-a-pair"),
        pytest.param("", [(None, TEXT)], IN_HEADERS, id="empty-and-a-token"),
        pytest.param(f"Bearer {TEXT}", [("", " ")], IN_HEADERS, id="empty-pair"),
        pytest.param(None, [(OTHER.public_id, TEXT)], MALFORMED, id="other-id-header"),
        pytest.param(None, [(ID, TEXT)], IN_HEADERS, id="id-and-token-in-headers"),
    ],
)
def test_basic_and_whole_tokens_give(authorization, pairs, expected):
    assert _find(authorization, pairs) == expected
