from __future__ import annotations

import os
import secrets
import sys
from contextlib import nullcontext
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apikeys.management.proxy_check.client import Proxy, Unreachable
from apikeys.management.proxy_check.judgement import ProxyCheck, Verdict
from apikeys.management.proxy_check.listener import listening
from apikeys.management.proxy_check.tries import WHOAMI, all_tries

TOKEN_VARIABLE = "CHECK_PROXY_TOKEN"  # noqa: S105 - the name of a variable
_CAME_THROUGH, _NOT_CHECKED = 1, 2


class Command(BaseCommand):
    help = (
        "Sends common forgeries through a proxy and names what came through and what in"
        " its recipe stops it. Nothing of it does anything in an application. Exits with"
        " 1 if anything came through, with 2 if the address could not be checked."
        f" The token of a key that may GET the path is read from {TOKEN_VARIABLE} or"
        " from standard input, never from the command line; without one less is tried."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "url",
            help="where clients call: https://crm.example.com, with the path that is"
            f" tried if it is not {WHOAMI}, which every key may call",
        )
        parser.add_argument(
            "--open",
            dest="open_path",
            default="",
            metavar="PATH",
            help="a path that is listed as open",
        )
        parser.add_argument(
            "--host",
            default="",
            help="the host that is asked for, where the address is another",
        )
        parser.add_argument(
            "--listen",
            default="",
            metavar="ADDRESS:PORT",
            help="stand in for the application here, where the proxy sends its calls:"
            " sees most; stop the application before",
        )
        parser.add_argument(
            "--token-stdin", action="store_true", help="read the token from there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        url, target = _address(options["url"])
        token = _token(options["token_stdin"])
        tries = all_tries(target, options["open_path"], f"forged{secrets.token_hex(6)}")
        place = _place(options["listen"])
        try:
            with listening(*place) if place else nullcontext() as listener:
                proxy = Proxy(url, options["host"])
                if listener is not None and token:
                    _check_that_calls_arrive(proxy, target, token)
                check = ProxyCheck(proxy, token, listener)
                verdicts = [self._told(verdict) for verdict in check.verdicts(tries)]
        except (Unreachable, OSError) as error:
            raise CommandError(str(error), returncode=_NOT_CHECKED) from None
        self._end(verdicts)

    def _told(self, verdict: Verdict) -> Verdict:
        word = {True: "pass", False: "FAIL", None: "----"}[verdict.is_held]
        self.stdout.write(f"{word}  {verdict.tried.name}")
        if verdict.seen:
            self.stdout.write(f"      {verdict.seen}")
        if verdict.is_held is False:
            self.stdout.write(f"      {verdict.tried.remedy}")
        return verdict

    def _end(self, verdicts: list[Verdict]) -> None:
        through = sum(verdict.is_held is False for verdict in verdicts)
        unseen = sum(verdict.is_held is None for verdict in verdicts)
        self.stdout.write(
            f"{len(verdicts)} tried, {through} came through, {unseen} could not be seen"
        )
        if through:
            sys.exit(_CAME_THROUGH)


def _check_that_calls_arrive(proxy: Proxy, target: str, token: str) -> None:
    status = proxy.send(target, (), token).status
    if status != HTTPStatus.OK:
        raise CommandError(
            f"GET {target} with the key answers {status} and does not reach this"
            " stand-in: name a path that the key may GET, and the address to which the"
            " proxy sends its calls.",
            returncode=_NOT_CHECKED,
        )


def _address(text: str) -> tuple[str, str]:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CommandError(
            "The address begins with http:// or https:// and a host.",
            returncode=_NOT_CHECKED,
        )
    if parts.username or parts.password or parts.query:
        raise CommandError(
            "The address holds no credential and no query.", returncode=_NOT_CHECKED
        )
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}", path or WHOAMI


def _token(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().strip()
    return os.environ.get(TOKEN_VARIABLE, "").strip()


def _place(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise CommandError(
            "--listen takes an address and a port, such as 127.0.0.1:9000.",
            returncode=_NOT_CHECKED,
        )
    return host.strip("[]"), int(port)
