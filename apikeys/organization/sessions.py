"""Sessions of people: the engine that `SESSION_ENGINE` names, and its middleware.

The cookie alone holds the key. Its row holds a digest, so that who reads the database
can open nothing. A plain SHA-256 is enough: the key is random and has 165 bits.

A session ends `SESSION_IDLE_SECONDS` after the person was last seen, and at any rate
`SESSION_MAX_SECONDS` after it began; with signing out, with a new password and with the
deactivation of the person (`Person.save`).
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest
from django.utils import timezone

from apikeys.app_settings import app_settings
from apikeys.organization.models import PersonSession
from apikeys.pages.people import request_address

logger = logging.getLogger(__name__)

# Not at every request: a page would cost a write.
_SEEN_EVERY = timedelta(minutes=1)
_AGENT_LENGTH = 200


class SessionStore(SessionBase):
    """`address` and `agent` are of the request that it is made for."""

    def __init__(
        self,
        session_key: str | None = None,
        *,
        address: str | None = None,
        agent: str = "",
    ) -> None:
        super().__init__(session_key)
        self._address = address
        self._agent = agent
        self._started_at: datetime | None = None

    def load(self) -> dict[str, Any]:
        now = timezone.now()
        key = self.session_key or ""
        row = _rows(key).filter(expires_at__gt=now).first()
        if row is None:
            self._session_key = None
            return {}
        self._started_at = row.started_at
        if now - row.last_seen_at >= _SEEN_EVERY:
            _rows(key).update(**self._seen(now, row.started_at))
        data: dict[str, Any] = self.decode(row.data)
        return data

    def exists(self, session_key: str) -> bool:
        return _rows(session_key).exists()

    def create(self) -> None:
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]  # not in the stubs
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # as above
        now = timezone.now()
        if must_create or self._started_at is None:
            self._started_at = now
        values = {
            "person_id": data.get(SESSION_KEY),
            "data": self.encode(data),
            "started_at": self._started_at,
            **self._seen(now, self._started_at),
        }
        if must_create:
            self._insert(values)
        elif not _rows(self.session_key).update(**values):
            raise UpdateError

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            _rows(key).delete()

    @classmethod
    def clear_expired(cls) -> None:
        PersonSession.objects.filter(expires_at__lte=timezone.now()).delete()

    def _insert(self, values: dict[str, Any]) -> None:
        digest = _digest(self.session_key or "")
        try:
            with transaction.atomic():
                PersonSession.objects.create(key_digest=digest, **values)
        except IntegrityError:
            if not PersonSession.objects.filter(key_digest=digest).exists():
                raise
            raise CreateError from None

    def _seen(self, now: datetime, started_at: datetime) -> dict[str, Any]:
        idle = timedelta(seconds=app_settings.SESSION_IDLE_SECONDS)
        most = timedelta(seconds=app_settings.SESSION_MAX_SECONDS)
        return {
            "address": self._address,
            "agent": "".join(filter(str.isprintable, self._agent))[:_AGENT_LENGTH],
            "last_seen_at": now,
            "expires_at": min(now + idle, started_at + most),
        }


class PersonSessionMiddleware(SessionMiddleware):
    """Django's, with a store that knows where a request comes from."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        address = request_address(request)
        agent = request.headers.get("User-Agent", "")
        request.session = SessionStore(
            request.session.session_key,
            address=str(address) if address else None,
            agent=agent,
        )


def _rows(key: str) -> models.QuerySet[PersonSession]:
    return PersonSession.objects.filter(key_digest=_digest(key))


def _digest(key: str) -> str:
    # Whatever a cookie holds.
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
