"""The API keeps what its OpenAPI document promises, for requests that no person wrote."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from apikeys.plugin_tokens.topol.serializers import DOMAINS_FORMAT, NAME_FORMAT
from tests.plugin_tokens import make_full_key, make_token

# A token's last domain cannot be removed, nor can it have more than 5,000 characters
# of them, which no document of single requests can say.
_WHAT_FITS_DEPENDS_ON_THE_TOKEN = {
    "include-path-regex": "/(add|delete)-domains$",
    "checks": {
        "positive_data_acceptance": {"expected-statuses": [200, 401, 403, 404, 422]}
    },
}


@pytest.mark.django_db(transaction=True)
def test_api_keeps_what_its_document_says(live_server):
    schemathesis.openapi.format(DOMAINS_FORMAT, _domain_lists())
    schemathesis.openapi.format(NAME_FORMAT, _names())
    headers = {"Authorization": f"Bearer {make_full_key()}"}
    make_token("there", "a.com,b.com")
    config = SchemathesisConfig.from_dict(
        {
            "headers": headers,
            "generation": {"deterministic": True, "max-examples": 8},
            "phases": {"stateful": {"max-steps": 5}},
            "operations": [_WHAT_FITS_DEPENDS_ON_THE_TOKEN],
        }
    )
    # A server in this process: through the WSGI callable alone some checks break.
    url = f"{live_server.url}/api/schema?format=json"
    schema = schemathesis.openapi.from_url(url, config=config, headers=headers)

    tested, failures = _run(schema)

    assert not failures, "\n\n".join(failures)
    assert tested >= {_label(found) for found in schema.get_all_operations()}


def _run(schema: Any) -> tuple[set[str], list[str]]:
    tested: set[str] = set()
    failures: list[str] = []
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError):
            failures.append(str(event.info))
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.ScenarioFinished):
            tested.add(event.label or "")
            for case_id, nodes in event.recorder.checks.items():
                failures += [
                    f"{event.label} {node.name}: {node.failure_info.failure}"
                    f"\n{event.recorder.cases[case_id].value.as_curl_command()}"
                    for node in nodes
                    if node.failure_info
                ]
    return tested, failures


def _label(found: Any) -> str:
    return str(found.ok().label)


def _names() -> st.SearchStrategy[str]:
    # Of one letter and of the greatest length too, for which it asks.
    return st.sampled_from(["a", "Käse & Brot 🧀", "Tenant 7", "there", "n" * 255])


def _domain_lists() -> st.SearchStrategy[str]:
    # Whole lists, since it is also asked for those of the greatest length.
    short = ["example.com", "B.Example., localhost:3000", "10.0.0.1:80", "münchen.de"]
    long = ",".join(f"{number:055}.com" for number in range(83))
    return st.sampled_from([*short, long, f"{long},{'a' * (5000 - len(long) - 1)}"])
