"""Former module names, importable for one release: each import warns, and finds its names where they are now."""

from __future__ import annotations

import importlib
import sys
import warnings
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MODULES = {
    "calibration": ("mapping.calibration", "mapping.labelled_pixels"),
    "catalog": ("imagery.catalog", "imagery.catalogs", "imagery.stac_api", "imagery.items"),
    "chips": ("mapping.chips",),
    "compositing": ("mapping.compositing",),
    "dataset": ("training.datasets", "training.chip_survey"),
    "files": ("locking",),
    "inference": ("mapping.inference",),
    "loading": ("imagery.loading", "mapping.cloud_masks"),
    "model": ("networks.model", "networks.card", "networks.runtimes"),
    "pipeline": ("mapping.pipeline", "mapping.request", "mapping.report", "mapping.outcome"),
    "products": ("mapping.products", "mapping.prediction_store", "mapping.staging", "mapping.stac_item"),
    "published": ("audit.printed", "audit.karra2021"),
    "published_maps": ("reference_maps.reading", "reference_maps.maps"),
    "scenes": ("imagery.scenes", "imagery.selection"),
    "simulate": ("simulation",),
    "unet": ("networks.unet",),
}
"""Former name: where its names are now. What lies below a former package lies below the new one."""
TRAINING = ("loop", "recipe", "datasets", "chip_survey", "checkpoints")
"""Where the names of the former module `lulc_core.training` are in the package of that name."""


def install() -> None:
    """Make the former names importable."""
    sys.meta_path.insert(0, _Finder())


def training_name(name: str) -> object:
    """Return what `lulc_core.training` had as a module.

    Raises
    ------
    AttributeError
        If there is no such name.
    """
    if name.startswith("_"):
        raise AttributeError(f"module 'lulc_core.training' has no attribute {name!r}")
    found = _find("lulc_core.training", [f"lulc_core.training.{room}" for room in TRAINING], name)
    _warn(f"lulc_core.training.{name}", f"in lulc_core.training.{{{', '.join(TRAINING)}}}")
    return found


class _Finder(MetaPathFinder, Loader):
    """Finds a former name, and makes a module of it that holds nothing itself."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self, is_package=True) if _now(fullname) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Former(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        _warn(module.__name__, " and ".join(_now(module.__name__)))


class _Former(ModuleType):
    def __getattr__(self, name: str) -> object:
        return _find(self.__name__, [*_now(self.__name__), "lulc_core"], name)

    def __call__(self, *args: object, **settings: object) -> object:
        """Call `lulc_core.simulate`, a function and, once it was imported, a former module, too."""
        return importlib.import_module("lulc_core.simulation").simulate(*args, **settings)


def _now(name: str) -> list[str]:
    """Return the full names of the modules that hold what a former one held; none for other names."""
    package, _, below = name.partition(".")
    module, dot, rest = below.partition(".")
    return [f"lulc_core.{new}{dot}{rest}" for new in MODULES.get(module, ())] if package == "lulc_core" else []


def _find(former: str, modules: Sequence[str], name: str) -> object:
    for module in modules:
        try:
            return getattr(importlib.import_module(module), name)
        except AttributeError:
            continue
    raise AttributeError(f"module {former!r} has no attribute {name!r}")


def _warn(former: str, new: str) -> None:
    warnings.warn(f"{former} is now {new}; the former name goes with the next release.", DeprecationWarning, 3)
