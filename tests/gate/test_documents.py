"""docs/operations.md says what the recipes hold, which test_recipes.py tries."""

from __future__ import annotations

import re

from apikeys.management.proxy_check import headers
from tests.gate.stack import PROJECT, RECIPES

OPERATIONS = (PROJECT / "docs" / "operations.md").read_text()


def test_list_of_headers_is_the_one_that_is_checked():
    rows = {
        row.group(1): tuple(re.findall(r"`([^`]+)`", row.group(2)))
        for row in re.finditer(r"^\| ([a-z ,]+) \| (`.+) \|$", OPERATIONS, re.MULTILINE)
    }

    assert rows["method"] == headers.METHOD
    assert rows["path"] == headers.PATH
    assert rows["host, scheme or way"] == headers.HOST
    assert rows["address"] == headers.ADDRESS


def test_every_recipe_is_named_in_the_document():
    for recipe in RECIPES.iterdir():
        assert f"(gate/{recipe.name})" in OPERATIONS
