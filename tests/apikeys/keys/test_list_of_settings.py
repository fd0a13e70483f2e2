from __future__ import annotations

from django.core.management.base import CommandParser

from apikeys.keys.forms import IssueKeyForm, KeySettingsForm
from apikeys.keys.models import ApiKey
from apikeys.keys.values import OPEN_BOXES, SETTINGS
from apikeys.management.settings_arguments import add_settings_arguments, option_dest


def test_every_setting_has_its_column_and_its_form_field():
    columns = {field.name for field in ApiKey._meta.concrete_fields}

    assert SETTINGS.keys() <= columns
    assert KeySettingsForm.base_fields.keys() == {*SETTINGS, *OPEN_BOXES.values()}


def test_every_setting_but_the_name_has_an_option_of_its_own():
    parser = CommandParser()
    add_settings_arguments(parser)
    options = [action.dest for action in parser._actions if action.dest != "help"]

    asked = [
        (option_dest(name), *([OPEN_BOXES[name]] if name in OPEN_BOXES else []))
        for name in SETTINGS
        if name != "name"
    ]
    assert options == [dest for dests in asked for dest in dests]
    assert len(set(options)) == len(options)


def test_every_field_of_the_create_form_is_on_its_page(as_administrator):
    page = as_administrator.get("/settings/apikeys/apikey/add/").content.decode()

    missing = [
        name for name in IssueKeyForm.base_fields if f'name="{name}"' not in page
    ]
    assert missing == []
