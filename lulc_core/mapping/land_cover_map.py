"""A finished map in its folder, as a person holds it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.mapping.map_files import MapFile
from lulc_core.mapping.prediction_store import open_predictions
from lulc_core.mapping.products import read_map
from lulc_core.mapping.report import MapReport
from lulc_core.plots import plot_map, plot_predictions
from lulc_core.untrusted import read_json

if TYPE_CHECKING:
    import os

    import pandas as pd
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_REPORT_BYTES = 64 * 2**20
"""Of the largest report that is read: it names every scene that was considered."""
_JSON = {"str": str, "int": int, "bool": bool, "dict": dict, "list": list}


@dataclass(frozen=True, slots=True, kw_only=True)
class LandCoverMap:
    """A map that `make_map` made, and what it rests on. Rasters are read when they are asked for."""

    folder: Path
    """Where it lies."""
    report: MapReport
    """What was done to make it."""

    @property
    def label(self) -> xr.DataArray:
        """The classes: dims (y, x), uint8 legend codes, 0 = no data; on its grid (``.odc.geobox``)."""
        return read_map(self.folder / MapFile.MAP)

    @property
    def predictions(self) -> xr.Dataset:
        """The predictions of every scene, lazy; see `open_predictions`, which also says what is raised."""
        return open_predictions(self.folder / MapFile.PREDICTIONS)

    @property
    def simulated(self) -> bool:
        """Whether any of its imagery is simulated."""
        return self.report.simulated

    @property
    def title(self) -> str:
        """Place and year, and that it is simulated, if so."""
        return f"{self.report.title}, {self.report.year}{' (simulated)' if self.simulated else ''}"

    def to_frame(self) -> pd.DataFrame:
        """Return the area of each class; see `MapReport.to_frame`."""
        return self.report.to_frame()

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the map; see `plot_map`, which also says what is raised."""
        return plot_map(self.label, ax=ax, title=self.title)

    def plot_predictions(self, *, most: int = 12) -> Figure:
        """Draw what the network saw in each scene, by date; see `plot_predictions`.

        Parameters
        ----------
        most
            Scenes that are drawn at most, >= 1.
        """
        return plot_predictions(self.predictions, most=most, note="simulated" if self.simulated else "")

    def __repr__(self) -> str:
        return f"<LandCoverMap {self.folder.name}: {self.title}>"

    def _repr_html_(self) -> str:
        return self.report._repr_html_()


def open_map(folder: str | os.PathLike[str]) -> LandCoverMap:
    """Open a finished map.

    Parameters
    ----------
    folder
        As `make_map` wrote it.

    Returns
    -------
    LandCoverMap

    Raises
    ------
    NotFoundError
        If there is no map.
    InvalidInputError
        If its report is not one.
    """
    folder = Path(folder)
    if not (folder / MapFile.MAP).is_file() or not (folder / MapFile.REPORT).is_file():
        raise NotFoundError(
            f"No map in {folder}; expected the map.tif and report.json of a finished one. Name the folder that "
            "make_map or `lulc map` wrote."
        )
    return LandCoverMap(folder=folder, report=_read_report(folder / MapFile.REPORT))


def _read_report(path: Path) -> MapReport:
    said = read_json(path, most_bytes=MOST_REPORT_BYTES)
    fields = {one.name: str(one.type) for one in dataclasses.fields(MapReport)}
    needed = [one.name for one in dataclasses.fields(MapReport) if one.default is dataclasses.MISSING]
    if not isinstance(said, dict) or (missing := [name for name in needed if name not in said]):
        lacking = f"it lacks {', '.join(missing)}" if isinstance(said, dict) else "it is no object"
        raise InvalidInputError(
            f"{path} is no report of a map: {lacking}. If an older release made the map, make it again."
        )
    wrong = [name for name, kind in fields.items() if not _is(said.get(name), kind)]
    if not wrong and not all(map(_is_area, said["classes"].values())):
        wrong = ["classes"]
    if not wrong and not all(isinstance(scene, dict) and "taken" in scene for scene in said["scenes"]):
        wrong = ["scenes"]
    if wrong:
        raise InvalidInputError(f"{path} is no report of a map: {wrong[0]} is {str(said[wrong[0]])[:200]!r}.")
    return MapReport(**{name: said[name] for name in fields if name in said})


def _is(value: Any, kind: str) -> bool:
    """Whether a value of JSON is of the kind that a field of `MapReport` says."""
    if value is None:
        return kind.endswith("| None")
    return isinstance(value, _JSON[kind.split("[")[0].removesuffix(" | None")])


def _is_area(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), int | float) for name in ("pixels", "area_ha"))
