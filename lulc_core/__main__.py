"""``python -m lulc_core`` is ``lulc``."""

from lulc_core.cli import main

if __name__ == "__main__":
    main()
