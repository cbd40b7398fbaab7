"""A finished map in its folder, as a person holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lulc_core.errors import NotFoundError
from lulc_core.home import from_home
from lulc_core.mapping.map_files import MapFile
from lulc_core.mapping.prediction_store import open_predictions
from lulc_core.mapping.products import read_map
from lulc_core.mapping.report_files import read_whole_report
from lulc_core.plots import plot_map, plot_predictions

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import pandas as pd
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lulc_core.mapping.report import MapReport


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
    folder = from_home(folder)
    if not (folder / MapFile.MAP).is_file() or not (folder / MapFile.REPORT).is_file():
        raise NotFoundError(
            f"No map in {folder}; expected the map.tif and report.json of a finished one. Name the folder that "
            "make_map or `lulc map` wrote."
        )
    return LandCoverMap(folder=folder, report=read_whole_report(folder))
