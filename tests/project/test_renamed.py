"""Former module names work for one release, and say what they are called now."""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
import subprocess
import sys

import pytest

import lulc_core
from lulc_core import _renamed

FORMER = {
    "calibration": "calibrate",
    "catalog": "search",
    "chips": "spans",
    "compositing": "decide",
    "dataset": "read_chips",
    "files": "sweep",
    "inference": "predict",
    "loading": "load",
    "model": "Model",
    "pipeline": "make_map",
    "products": "write_map",
    "published": "corrected_matrix",
    "published_maps": "load_published_map",
    "scenes": "select",
    "simulate": "simulate_place",
    "unet": "UNet",
}


@pytest.mark.filterwarnings("ignore:lulc_core.load_published_map:DeprecationWarning")
@pytest.mark.parametrize("module, name", FORMER.items())
def test_a_former_module_holds_its_names_and_warns(module: str, name: str) -> None:
    sys.modules.pop(f"lulc_core.{module}", None)
    with pytest.warns(DeprecationWarning, match=f"lulc_core.{module} is now lulc_core"):
        found = importlib.import_module(f"lulc_core.{module}")
    assert callable(getattr(found, name))
    with pytest.raises(AttributeError, match="never_was"):
        found.never_was  # noqa: B018


def test_every_former_module_is_tried() -> None:
    assert FORMER.keys() == _renamed.MODULES.keys()


@pytest.mark.parametrize("name", ["train", "Recipe", "class_weights", "hold_out", "count_labels"])
def test_the_names_of_the_former_module_training_lead_to_the_new_ones(name: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"lulc_core.training.{name} is now"):
        assert callable(getattr(importlib.import_module("lulc_core.training"), name))


def test_what_lies_below_a_former_package_is_not_loaded_twice() -> None:
    for name in ("lulc_core.simulate", "lulc_core.simulate.places"):
        sys.modules.pop(name, None)
    with pytest.warns(DeprecationWarning, match="simulate"):
        former = importlib.import_module("lulc_core.simulate.places")
    assert former.Place is importlib.import_module("lulc_core.simulation.places").Place


def test_the_function_simulate_can_be_called_after_the_former_package_was_imported() -> None:
    program = "import lulc_core.simulate as s, lulc_core; print(callable(lulc_core.simulate), s.SIMULATED_YEARS[0])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == "True"


def test_an_unknown_module_is_an_import_error_as_ever() -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("lulc_core.never_was")
    with pytest.raises(AttributeError, match="never_was"):
        importlib.import_module("lulc_core.training").never_was  # noqa: B018


def test_the_project_says_its_version() -> None:
    assert lulc_core.__version__ == importlib.metadata.version("lulc-explorer")


def test_no_public_name_is_that_of_a_module() -> None:
    """Which of the two it were would depend on what has been imported before, and on the release of lazy-loader."""
    assert not {module.name for module in pkgutil.iter_modules(lulc_core.__path__)} & {*lulc_core.__all__}
