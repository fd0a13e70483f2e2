"""What of a log line stays, whatever a client put into it."""

from __future__ import annotations

import logging

_SECURITY = "django.security."


class WithoutValues(logging.Filter):
    """Leaves of what Django logs about suspicious requests the class and the code.

    Its texts repeat what the client sent as `Host` or `Origin`, and a traceback goes
    with them: thousands of lines for whoever wants to write them.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith(_SECURITY):
            kind = record.name.removeprefix(_SECURITY)
            record.msg = f"{kind} ({getattr(record, 'status_code', 400)})"
            record.args = record.exc_info = record.exc_text = None
        return True
