"""Accuracy and area of a map: designs, samples, estimates with standard errors, plans for the next sample.

Most names are in `lulc_core`. Those in ``__init__.pyi`` are for programs that read and show samples as this room does.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
