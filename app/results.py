"""A map that has been made, and what a person can ask of it: scenes, votes, truth. Read-only."""

from __future__ import annotations

import io
import json
import tempfile
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from cover import Cover
from doubt import disagreement, stability
from ledger import Ledger, open_ledger
from pyproj import Transformer

import lulc_core as lulc

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence

    import xarray as xr
    from odc.geo.geobox import GeoBox
    from store import Order

LEGEND = lulc.LEGEND
Calibration = lulc.Calibration
ClassAccuracy = lulc.ClassAccuracy


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Result:
    """A map that has been made: a year's predictions, scene by scene, and their composite."""

    order: Order
    folder: Path
    predictions: xr.Dataset
    """`label`, `confidence`, `clear` in memory; see the engine's conventions."""
    report: Mapping[str, Any]
    """What the engine wrote about the run."""
    votes: xr.Dataset
    """Votes of every class, unweighted: what any weights are applied to."""

    @cached_property
    def legend(self) -> lulc.Legend:
        """The classes, each with the weight that the map was made with."""
        return LEGEND.weighted(self.report.get("weights", {}))

    @cached_property
    def cover(self) -> Cover:
        """The composite with the weights that suit the network."""
        return self.weigh({})

    def weigh(self, weights: Mapping[str, float]) -> Cover:
        """Return the composite with class weights: class name to weight where it differs from `legend`."""
        data = lulc.decide(self.votes, self.legend, weights=weights)
        counts = np.bincount(data["label"].values.ravel(), minlength=256)
        hectares = {int(code): float(counts[code] * self.pixel_ha) for code in (0, *LEGEND.codes)}
        more = {"disagreement": partial(self._disagreement, data), "stability": partial(self._stability, data)}
        return Cover(data=data, hectares=hectares, pixel_ha=self.pixel_ha, more=more)

    def _disagreement(self, data: xr.Dataset) -> np.ndarray:
        return disagreement(self.votes["count"].values, _used(data))

    def _stability(self, data: xr.Dataset) -> np.ndarray:
        places = LEGEND.places.clip(0).astype(np.uint8)
        label = self.predictions["label"].values
        return stability(
            self.votes["confidence"].values,
            _used(data),
            places[data["label"].values],
            data["observations"].values,
            votes=places[label],
            confidence=self.predictions["confidence"].values,
            clear=self.predictions["clear"].values & (label > 0),
        )

    @property
    def pixel_ha(self) -> float:
        """Area of a pixel in hectares."""
        return abs(self.grid.resolution.x * self.grid.resolution.y) / 10_000

    @cached_property
    def grid(self) -> GeoBox:
        return self.predictions.odc.geobox

    @cached_property
    def moments(self) -> tuple[str, ...]:
        """When each scene was taken, UTC, to the minute: its identifier in the address bar."""
        return tuple(np.datetime_as_string(self.predictions["time"].values, unit="m").tolist())

    @cached_property
    def clear_share(self) -> np.ndarray:
        """Share of each scene's pixels that could vote, 0-1."""
        return self.predictions["clear"].mean(("y", "x")).values

    @property
    def simulated(self) -> bool:
        return bool(self.report.get("simulated", self.order.place.simulated))

    @cached_property
    def truth(self) -> np.ndarray | None:
        """What is really there: class codes, shape (y, x). Only a built-in, simulated place knows it."""
        path = Path(self.report["catalog"]).with_name("truth.tif")
        known = self.order.place.simulated and path.is_file()
        return lulc.read_map(path).values if known else None

    def calibrate(
        self,
        results: Sequence[Result],
        *,
        sample: bytes | None,
        objective: str,
        progress: Callable[[lulc.Progress], None],
        cancel: threading.Event,
    ) -> Calibration:
        """Return the weights that do best, judged on places that are left out, or on blocks of the only one.

        Parameters
        ----------
        results
            Maps whose truth is known.
        sample
            A CSV of labels of this map in place of its truth.
        """
        votes = {result.order.place.title: result.votes for result in results}
        truth = {result.order.place.title: result.truth for result in results}
        if sample:
            truth = {self.order.place.title: self.labels(sample)}
        return lulc.calibrate(votes, truth, self.legend, objective=objective, progress=progress, cancel=cancel)

    def labels(self, sample: bytes) -> np.ndarray:
        """Return labels of pixels as class codes, shape (y, x), 0 = none; raises `Problem`.

        Parameters
        ----------
        sample
            CSV with `reference` (class names) and `lon, lat`, or `x, y` in metres of the map.
        """
        try:
            table = pd.read_csv(io.BytesIO(sample))
        except ValueError as error:
            raise lulc.InvalidInputError(f"The labels are not a CSV: {error}") from error
        where = next((pair for pair in (["x", "y"], ["lon", "lat"]) if {*pair} <= {*table}), None)
        if where is None or "reference" not in table:
            raise lulc.InvalidInputError(
                "The labels need a column reference and lon, lat or x, y; "
                f"there are {', '.join(map(str, table.columns))}."
            )
        strange = sorted({str(name) for name in table["reference"]} - {*LEGEND.names})
        if strange:
            raise lulc.InvalidInputError(
                f"The labels name {', '.join(strange)}; the classes are {', '.join(LEGEND.names)}."
            )
        return self._on_grid(table, where)

    def _on_grid(self, table: pd.DataFrame, where: list[str]) -> np.ndarray:
        """Return labelled points as a raster; those outside are left out."""
        across, up = (table[name].to_numpy(float) for name in where)
        if where == ["lon", "lat"]:
            across, up = Transformer.from_crs("EPSG:4326", self.grid.crs, always_xy=True).transform(across, up)
        column, row = (np.floor(v) for v in ~self.grid.affine * (across, up))
        inside = (row >= 0) & (row < self.grid.shape.y) & (column >= 0) & (column < self.grid.shape.x)
        codes = np.array([LEGEND[name].code for name in table["reference"]], np.uint8)
        labels = np.zeros(self.grid.shape, np.uint8)
        labels[row[inside].astype(int), column[inside].astype(int)] = codes[inside]
        return labels

    def map_file(self, cover: Cover) -> bytes:
        """Return a composite as a Cloud-Optimised GeoTIFF with the names and colours of its classes."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "map.tif"
            lulc.write_map(cover.data["label"], path, legend=self.legend, tags=self._tags(cover))
            return path.read_bytes()

    def quality_file(self, cover: Cover) -> bytes:
        """Return how sure a composite is as a Cloud-Optimised GeoTIFF."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "quality.tif"
            lulc.write_quality(cover.data, path, tags=self._tags(cover))
            return path.read_bytes()

    def _tags(self, cover: Cover) -> dict[str, str]:
        """Return what a file says of itself."""
        return {
            "MODEL": self.order.model,
            "REGION": self.order.place.title,
            "YEAR": str(self.order.year),
            "SIMULATED": "yes" if self.simulated else "no",
            "WEIGHTS": json.dumps(cover.data.attrs["weights"]),
        }

    def ledger(self, pixel: tuple[int, int], weights: Mapping[str, float]) -> Ledger:
        """Return every vote on a pixel (row, column) with class weights."""
        at = {name: self.predictions[name].values[:, *pixel] for name in ("label", "confidence", "clear")}
        codes = [int(code) for code in LEGEND.codes]
        return open_ledger(moments=self.moments, weights=self.legend.weights(weights), codes=codes, **at)

    def nearest(self, moment: str) -> int:
        """Return the position of the scene taken nearest to a moment; of the clearest if it is not a moment."""
        times = self.predictions["time"].values
        try:
            apart = np.abs(times - np.datetime64(moment or "NaT"))
        except ValueError:
            apart = np.array(["NaT"], "timedelta64[ns]")
        if not np.isnat(apart).any():
            return int(apart.argmin())
        from_midsummer = np.abs(self.predictions["time"].dt.dayofyear.values - 182)
        return int(np.lexsort((from_midsummer, -self.clear_share.round(2)))[0])

    def scene(self, index: int) -> np.ndarray:
        """Return the class codes of one scene, uint8, shape (y, x)."""
        return self.predictions["label"].values[index]


def _used(data: xr.Dataset) -> np.ndarray:
    """Return the weights of a composite in legend order."""
    return np.array([data.attrs["weights"][name] for name in LEGEND.names])


def read_result(order: Order, folder: Path) -> Result:
    """Read a whole map that `lulc.make_map` wrote."""
    kept = lulc.open_predictions(folder / "predictions.zarr")
    predictions = kept[["label", "confidence", "clear"]].load()
    return Result(
        order=order,
        folder=folder,
        predictions=predictions,
        report=json.loads((folder / "report.json").read_text()),
        votes=lulc.votes(predictions, LEGEND),
    )
