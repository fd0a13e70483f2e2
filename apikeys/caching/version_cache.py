"""What a process remembers of rows, true while one number in the database stands still.

Each entry carries the cache version of its moment, which is read *before* the row, so
that a change between the two reads makes the entry stale and never fresh by mistake. A
moved version makes entries stale, not gone: the next use of each reads that one row
again. That there is no row is remembered too, in a memory of its own that no row loses
its place to, so that a client which repeats a deleted key costs no query a call. While the database does not answer, entries of the last version known serve for
as long as `caching.version` allows.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from typing import Generic, NamedTuple, TypeVar

from apikeys.app_settings import app_settings
from apikeys.caching.reader import StateUnknown, database_reader
from apikeys.caching.version import CacheVersionReader
from apikeys.choices import CacheName

Key = TypeVar("Key")
Value = TypeVar("Value")


class _Entry(NamedTuple, Generic[Value]):
    version: int
    value: Value


class VersionCache(ABC, Generic[Key, Value]):
    """At most `KEY_CACHE_SIZE` rows; the least recently used leave first. Thread-safe.

    As many keys without a row beside them.
    """

    def __init__(self, name: CacheName) -> None:
        self._entries: OrderedDict[Key, _Entry[Value]] = OrderedDict()
        # The version at which there was no row. A key that is made moves it.
        self._absent: OrderedDict[Key, int] = OrderedDict()
        self._lock = threading.Lock()
        self._version = CacheVersionReader(name)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Key) -> bool:
        """Tell whether something is remembered of the key, fresh or stale."""
        return key in self._entries

    def clear(self) -> None:
        """Forget everything, as a new process does."""
        with self._lock:
            self._entries.clear()
            self._absent.clear()
        self._version.clear()
        database_reader.clear()

    def get(self, key: Key) -> Value | None:
        """Return the value of a key, or None where there is no such row.

        Raises `StateUnknown` when the database is away and nothing may serve.
        """
        entry = self._entries.get(key)
        if entry is not None and entry.version == self._version.fresh():
            self._use(key)
            return entry.value
        if entry is None and self._is_absent(key, self._version.fresh()):
            return None
        try:
            return database_reader.read(lambda: self._read(key))
        except StateUnknown:
            return self._remembered(key)

    @abstractmethod
    def load(self, key: Key, version: int) -> Value | None:
        """Read the row from the database; the version is what was read before it."""

    def _read(self, key: Key) -> Value | None:
        version = self._version.current()
        entry = self._entries.get(key)
        if entry is not None and entry.version == version:
            self._use(key)
            return entry.value
        if entry is None and self._is_absent(key, version):
            return None
        value = self.load(key, version)
        self._keep(key, version, value)
        return value

    def _remembered(self, key: Key) -> Value:
        version = self._version.remembered()
        entry = self._entries.get(key)
        if entry is None or entry.version != version:
            raise StateUnknown
        self._use(key)
        return entry.value

    def _is_absent(self, key: Key, version: int | None) -> bool:
        return version is not None and self._absent.get(key) == version

    def _use(self, key: Key) -> None:
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)

    def _keep(self, key: Key, version: int, value: Value | None) -> None:
        with self._lock:
            if value is None:
                self._entries.pop(key, None)
                _put(self._absent, key, version)
            else:
                self._absent.pop(key, None)
                _put(self._entries, key, _Entry(version, value))


def _put(memory: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > app_settings.KEY_CACHE_SIZE:
        memory.popitem(last=False)
