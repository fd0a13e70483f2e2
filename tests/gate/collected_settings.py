"""The product's settings, with static files collected into a folder of the test's own."""

from __future__ import annotations

import os
from pathlib import Path

from config.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["STATIC_ROOT_OF_TEST"])
