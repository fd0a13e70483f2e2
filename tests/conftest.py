from __future__ import annotations

from hypothesis import HealthCheck, settings

# The same examples in every run, and no complaint about a busy machine.
settings.register_profile(
    "suite",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")
