"""What of a credential stands in a query or a body."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apikeys.access import parameters


@given(st.text())
def test_any_query_is_read(query):
    assert isinstance(parameters.query_parameters(query), list)


@given(st.binary() | st.text().map(str.encode))
def test_any_body_is_read(body):
    assert parameters.json_parameters(body) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("limit=5&status=open", [], id="none"),
        pytest.param("api=1&apikey=2", [("api", "1"), ("apikey", "2")], id="pair"),
        pytest.param("a%70i=1&%61pi_id=2", [("api", "1"), ("api_id", "2")], id="coded"),
        pytest.param("api=1&api=2", [("api", "1"), ("api", "2")], id="repeated"),
        pytest.param("api=&apikey", [("api", ""), ("apikey", "")], id="blank"),
        pytest.param("api=%ff", [("api", "�")], id="not-utf-8"),
        pytest.param("api=%00", [("api", "\0")], id="nul"),
        pytest.param("api=a+b%20c", [("api", "a b c")], id="spaces"),
        pytest.param("API=1&ApiKey=2", [], id="other-case"),
        pytest.param("api[]=1&apikey[]=2", [], id="array-style"),
        pytest.param("api%5B0%5D=1", [], id="coded-array-style"),
        pytest.param("xapi=1&api2=2", [], id="longer-names"),
        pytest.param("x=1;api=2", [], id="semicolon-is-no-separator"),
    ],
)
def test_query_gives_credential_parameters(query, expected):
    assert parameters.query_parameters(query) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"", [], id="empty"),
        pytest.param(b'{"limit": 5}', [], id="none"),
        pytest.param(
            b'{"api_id": "1", "x": 0, "api_key": "2"}',
            [("api_id", "1"), ("api_key", "2")],
            id="pair",
        ),
        pytest.param(
            b'{"api": 1, "apikey": null}', [("api", ""), ("apikey", "")], id="no-texts"
        ),
        pytest.param(
            b'{"api": ["1"], "apikey": {}}', [("api", ""), ("apikey", "")], id="nested"
        ),
        pytest.param(b'{"in": {"api": "1", "apikey": "2"}}', [], id="deeper"),
        pytest.param(b'[{"api": "1", "apikey": "2"}]', [], id="list"),
        pytest.param(b'"api"', [], id="string"),
        pytest.param(b'{"api": "1"', [], id="truncated"),
        pytest.param(b'{"api": "\xff"}', [], id="not-utf-8"),
        pytest.param(b'{"api": "\\ud800"}', [("api", "\ud800")], id="lone-surrogate"),
        pytest.param(b"[" * 100_000, [], id="deeply-nested"),
        pytest.param(b"9" * 60_000, [], id="huge-number"),
    ],
)
def test_json_body_gives_credential_parameters(body, expected):
    assert parameters.json_parameters(body) == expected


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        pytest.param([], set(), id="none"),
        pytest.param(["api", "limit"], set(), id="half"),
        pytest.param(["api", "api_key"], set(), id="halves-of-two"),
        pytest.param(["api", "apikey", "limit"], {"api", "apikey"}, id="pair"),
        pytest.param(
            ["api", "apikey", "api_id", "api_key"],
            {"api", "apikey", "api_id", "api_key"},
            id="both",
        ),
    ],
)
def test_only_complete_pairs_are_removed(present, expected):
    assert parameters.names_to_remove(present) == expected
