"""Without torch, which only training needs, the modules that import it and their tests are left out."""

import importlib.util

NEED_TORCH = ["lulc_core/training/*", "lulc_core/networks/unet.py", "tests/training/*"]
collect_ignore_glob = [] if importlib.util.find_spec("torch") else NEED_TORCH


def pytest_report_header() -> list[str]:
    """Say what is left out."""
    return [f"torch is not installed, left out: {', '.join(collect_ignore_glob)}"] if collect_ignore_glob else []
