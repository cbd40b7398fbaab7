"""Types of JSON, which the library reads and writes at its borders only; inside, values have types of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

JsonObject = dict[str, Any]
"""An object of JSON as it was read, or is to be written."""
JsonFields = Mapping[str, Any]
"""An object of JSON that is only looked into."""
