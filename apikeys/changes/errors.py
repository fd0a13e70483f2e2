"""What services refuse, as exceptions whose text a person can read."""

from __future__ import annotations

from collections.abc import Mapping

from apikeys.permission_words import in_words


class ServiceRefusal(Exception):
    """Nothing was changed; `str()` says why."""


class UnknownSubject(ServiceRefusal):
    """There is nothing of this ID, or not for this caller."""


class InvalidFields(ServiceRefusal):
    """Values do not fit; `errors` maps field names to texts."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


class PrivilegeEscalation(ServiceRefusal):
    """The actor would hand out permissions that the actor lacks."""

    def __init__(self, lacking: list[str]) -> None:
        super().__init__(
            "You cannot grant permissions that you do not hold. "
            + "; ".join(in_words(lacking))
            + "."
        )


class NonceUsed(ServiceRefusal):
    """The form was sent before; `subject_id` names what it made."""

    def __init__(self, subject_id: str) -> None:
        super().__init__(
            f"This form was already sent and made {subject_id}. Its secret was shown"
            " then and cannot be shown again."
        )
        self.subject_id = subject_id


class ChangedMeanwhile(ServiceRefusal):
    """Somebody else changed the row; `version` is the one that holds now."""

    def __init__(self, version: int) -> None:
        super().__init__(
            "Somebody changed this after you opened the form, and nothing of yours was"
            " done. Look at the latest changes; send the form again to have it as it"
            " stands here."
        )
        self.version = version
