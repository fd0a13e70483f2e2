from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apikeys.keys.models import ApiKey
from apikeys.keys.services import UnknownKey, update_key
from apikeys.keys.type_paths import endpoint_warnings
from apikeys.keys.values import OPEN_BOXES, SETTINGS, KeySettings
from apikeys.management.operator import acting, refusals_end_the_command
from apikeys.management.settings_arguments import (
    add_settings_arguments,
    cleaned_settings,
    option_dest,
)


class Command(BaseCommand):
    help = (
        "Change the editable fields of a key. A list that is given replaces the whole"
        " list; to empty one, name it: --open-to-any-address, --all-endpoints."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id")
        parser.add_argument("--name")
        add_settings_arguments(parser)
        for box in OPEN_BOXES.values():
            parser.add_argument(_flag(box), action="store_true")
        parser.add_argument("--as", dest="username", help="Act with a person's rights.")

    def handle(self, *args: Any, **options: Any) -> None:
        for name, box in OPEN_BOXES.items():
            given = option_dest(name)
            if options[box] and options[given]:
                raise CommandError(
                    f"{_flag(box)} and {SETTINGS[name].option} contradict each other."
                )
            if options[box]:
                options[given] = []
        with refusals_end_the_command():
            key = ApiKey.objects.present().filter(key_id=options["id"]).first()
            if key is None:
                raise UnknownKey
            before = KeySettings.of(key)
            fields = cleaned_settings(options["name"] or key.name, options, before)
            update_key(
                options["id"],
                fields=fields,
                actor=acting(options["username"]),
                at=timezone.now(),
                expected_version=key.version,
            )
        for text in endpoint_warnings(key.key_type, fields.endpoints):
            self.stderr.write(text)
        self.stderr.write(
            f"{options['id']} is changed." if fields != before else "Nothing changed."
        )


def _flag(box: str) -> str:
    return f"--{box.replace('_', '-')}"
