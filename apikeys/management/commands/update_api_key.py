from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apikeys.keys.models import ApiKey
from apikeys.keys.services import UnknownKey, update_key
from apikeys.keys.type_paths import endpoint_warnings
from apikeys.keys.values import KeySettings
from apikeys.management.operator import acting, refusals_end_the_command
from apikeys.management.operator_command import OperatorCommand, add_as_argument
from apikeys.management.settings_arguments import (
    add_settings_arguments,
    cleaned_settings,
)


class Command(OperatorCommand):
    help = (
        "Change the editable fields of a key. A list that is given replaces the whole"
        " list; to empty one, name it: --open-to-any-address, --all-endpoints."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", help="The key's ID, as in list_api_keys.")
        parser.add_argument("--name", help="The new name.")
        add_settings_arguments(parser)
        add_as_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals_end_the_command():
            key = ApiKey.objects.present().filter(key_id=options["id"]).first()
            if key is None:
                raise UnknownKey
            before = KeySettings.of(key)
            name = key.name if options["name"] is None else options["name"]
            fields = cleaned_settings(
                name, options, key_type=key.key_type, before=before
            )
            update_key(
                options["id"],
                fields=fields,
                actor=acting(options["username"]),
                at=timezone.now(),
                expected_version=key.version,
            )
        for text in endpoint_warnings(key.key_type, fields.endpoints):
            self.say(text)
        self.say(
            f"{options['id']} is changed." if fields != before else "Nothing changed."
        )
