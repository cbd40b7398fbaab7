"""``python -m lulc_core.cli`` is ``lulc``."""

from lulc_core.cli import main

if __name__ == "__main__":
    main()
