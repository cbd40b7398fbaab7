"""Land use / land cover from Sentinel-2 and deep learning, after Karra et al. 2021.

The names are in ``__init__.pyi``; each module is imported when its first name is used, so that
``import lulc_core`` costs nothing and torch is loaded only by what needs it.
"""

import lazy_loader

from lulc_core import _renamed
from lulc_core._deprecated import current_name

__version__ = "0.1.0"
_named, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
_renamed.install()


def __getattr__(name: str) -> object:
    return _named(current_name(name))
