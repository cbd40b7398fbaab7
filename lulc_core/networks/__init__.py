"""Land-cover networks: one interface for every format, and the weights that ship with the package."""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
"""ONNX Runtime 1.29 reports every network to its maker unless told not to before it is imported."""
