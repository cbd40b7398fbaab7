"""Class rasters as files: where they have no data, and which classes their codes mean."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
from rasterio.enums import ColorInterp, MaskFlags

from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND, NO_DATA, Legend

if TYPE_CHECKING:
    import os

    import rasterio
    from numpy.typing import NDArray
    from rasterio.windows import Window

_MOST_XML = 1_000_000
"""Bytes of the largest auxiliary file that is read."""
_PALETTES = {
    (179, 159, 225): "snow and ice",  # of Dynamic World; its other colours are those of our legend
    (0, 100, 0): "WorldCover's tree cover",
    (255, 187, 34): "WorldCover's shrubland",
    (255, 255, 76): "WorldCover's grassland",
    (240, 150, 255): "WorldCover's cropland",
    (250, 0, 0): "WorldCover's built-up",
    (180, 180, 180): "WorldCover's bare or sparse vegetation",
    (240, 240, 240): "WorldCover's snow and ice",
    (0, 100, 200): "WorldCover's permanent water bodies",
    (0, 150, 160): "WorldCover's herbaceous wetland",
    (0, 207, 117): "WorldCover's mangroves",
    (250, 230, 160): "WorldCover's moss and lichen",
}
"""Colours by which maps are known whose files name no classes."""
_NOTHING = re.compile(r"\W*(no[ _-]?data|unclassified|unmarked|background|none|null|empty)?\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRaster:
    """An open class raster, read in the codes of a legend.

    No data is what its tag, mask or alpha band says, and 0. Where the file names its classes, as a legend of its own
    does, or has the colours of a map that is known, its codes are translated by the names, never read by their numbers.
    """

    source: rasterio.DatasetReader
    path: str | os.PathLike[str]
    legend: Legend
    names: dict[int, str] = field(default_factory=dict)
    """Code in the file to the name that the file gives it."""

    @classmethod
    def of(
        cls, source: rasterio.DatasetReader, path: str | os.PathLike[str], *, legend: Legend = LEGEND
    ) -> ClassRaster:
        """Return a raster that is open; raises `InvalidInputError` unless it is one band of codes."""
        bands = [kind for kind in source.colorinterp if kind != ColorInterp.alpha]
        if len(bands) != 1:
            raise InvalidInputError(f"{path} must have one band of class codes; it has {source.count}.")
        names = class_names(source, Path(path)) or _names_by_colour(source, legend)
        return cls(source=source, path=path, legend=legend, names=names)

    def read(self, window: Window | None = None) -> NDArray[np.uint8]:
        """Return codes of the legend, dims (y, x), 0 = no data.

        Raises
        ------
        InvalidInputError
            For values that are no codes, for names that the legend does not have, and for 0 where the file says that
            it is data and does not name it.
        """
        codes, seen = self.source.read(1, window=window), self.source.read_masks(1, window=window) > 0
        codes = np.where(seen & ~np.isnan(codes), codes, NO_DATA)
        if ((codes < 0) | (codes > 255) | (codes % 1 != 0)).any():
            raise InvalidInputError(f"{self.path} must hold class codes 0-255; got {codes.min()} to {codes.max()}.")
        codes = codes.astype(np.uint8)
        table, present = self._table(), np.unique(codes[seen])
        if table is None:
            self._refuse_data_of_0(present)
            return codes
        unknown = {int(code): self.names.get(int(code), "no name") for code in present if table[code] < 0}
        if unknown:
            raise InvalidInputError(
                f"{self.path} has a legend of its own, with classes that are not in this one: {unknown}. "
                f"This one has {', '.join(self.legend.names)}. Translate its codes with a Crosswalk."
            )
        return np.where(seen, table[codes].clip(0), NO_DATA).astype(np.uint8)

    def _table(self) -> NDArray[np.int16] | None:
        """Return the legend's code of each code of the file, -1 where unknown; None if the codes are the legend's."""
        if not self.names:
            return None
        table = np.full(256, -1, np.int16)
        for code, name in self.names.items():
            known = self.legend.find(name)
            table[code] = known.code if known else NO_DATA if _NOTHING.fullmatch(name) else -1
        table[NO_DATA] = NO_DATA if NO_DATA not in self.names else table[NO_DATA]
        return table

    def _refuse_data_of_0(self, present: NDArray[np.uint8]) -> None:
        tagged = self.source.nodata not in (None, NO_DATA)
        masked = not {MaskFlags.all_valid, MaskFlags.nodata} & {*self.source.mask_flag_enums[0]}
        if NO_DATA in present and (tagged or masked):
            own = f"its no-data value is {self.source.nodata:g}" if tagged else "it has a mask"
            raise InvalidInputError(
                f"{self.path} has pixels of 0 that are data: {own}. Legends that count from 0, such as Dynamic "
                "World's, differ from this one in every code. Name its classes (category names), or make 0 no data."
            )


def class_names(source: rasterio.DatasetReader, path: Path) -> dict[int, str]:
    """Return the names that a raster gives its codes: category names, an attribute table, or tags ``CLASS_1``."""
    tags = {**source.tags(), **source.tags(1)}
    found = {int(key[6:]): name for key, name in tags.items() if re.fullmatch(r"CLASS_\d{1,3}", key)}
    beside = path.with_name(path.name + ".aux.xml")
    if not found and beside.is_file() and beside.stat().st_size <= _MOST_XML:
        try:
            root = ElementTree.fromstring(beside.read_bytes())
        except ElementTree.ParseError as error:
            raise InvalidInputError(f"{beside} is not XML: {error}. Mend it, or take it away.") from error
        found = _category_names(root) or _table_names(root)
    return {code: name for code, name in found.items() if code <= 255 and name.strip()}


def _names_by_colour(source: rasterio.DatasetReader, legend: Legend) -> dict[int, str]:
    """Return the names of classes by the colour table, if every colour in it is that of a class that is known."""
    if source.colorinterp[0] != ColorInterp.palette:
        return {}
    known = {rgb: legend[code].name for code, rgb in legend.colours.items()} | _PALETTES
    used = {code: rgb[:3] for code, rgb in source.colormap(1).items() if rgb[:3] != (0, 0, 0)}
    return {code: known[rgb] for code, rgb in used.items()} if used and {*used.values()} <= {*known} else {}


def _category_names(root: ElementTree.Element) -> dict[int, str]:
    return {code: category.text or "" for code, category in enumerate(root.findall(".//CategoryNames/Category"))}


def _table_names(root: ElementTree.Element) -> dict[int, str]:
    """Return the names of a GDAL raster attribute table: columns for the value and for the name."""
    columns = root.findall(".//GDALRasterAttributeTable/FieldDefn")
    usages = [(column.findtext("Name", "").lower(), column.findtext("Usage", "")) for column in columns]
    value = [i for i, (name, usage) in enumerate(usages) if usage in ("3", "5") or name in ("value", "code")]
    named = [i for i, (name, usage) in enumerate(usages) if usage == "2" or name in ("class", "name", "class_name")]
    if not value or not named:
        return {}
    rows = [[cell.text or "" for cell in row] for row in root.findall(".//GDALRasterAttributeTable/Row")]
    pairs = [(row[value[0]], row[named[0]]) for row in rows if len(row) == len(columns)]
    return {int(float(code)): name for code, name in pairs if re.fullmatch(r"\d{1,3}(\.0*)?", code.strip())}
