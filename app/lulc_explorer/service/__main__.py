"""``python -m lulc_explorer.service``: what a hub starts; it listens as the environment of a service says."""

from __future__ import annotations

import sys

from lulc_explorer.engine.errors import UserError
from lulc_explorer.service.serving import serve
from lulc_explorer.service.settings import read_settings

if __name__ == "__main__":
    try:
        serve(read_settings())
    except UserError as error:
        sys.exit(f"lulc_explorer.service: {error}")
