"""A map of one's own that was uploaded: a GeoTIFF of classes, kept in a folder as long as it is held."""

from __future__ import annotations

import io
import re
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

import lulc_core as lulc

if TYPE_CHECKING:
    import threading

    import xarray as xr

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""How a TIFF begins. GDAL opens no other format that was uploaded: some of them name more files to read."""
CROSSWALKS = {"": "As in the file"} | {name: table.title for name, table in lulc.CROSSWALKS.items()}
"""The legends that an uploaded map may have, with their names for people; the first is what the file says itself."""


class OwnMap:
    """A map that was uploaded.

    Parameters
    ----------
    content, name
        Of the file.
    crosswalk
        What its codes mean: one of `CROSSWALKS`.
    table
        The same as CSV with the columns code, name and class; None to go by `crosswalk`.
    """

    def __init__(self, content: bytes, name: str, *, crosswalk: str = "", table: bytes | None = None) -> None:
        self.name = re.sub(r"[^\w. -]", "_", name)[-80:].strip(". ") or "map.tif"
        if not content.startswith(_TIFF):
            raise lulc.InvalidInputError(
                f"{self.name} is not a GeoTIFF. Upload a raster of one band of class codes with its CRS, as "
                "gdal_translate -of GTiff writes it."
            )
        self._crosswalk = lulc.CROSSWALKS[crosswalk] if crosswalk else None
        if table is not None:
            self._crosswalk = lulc.read_crosswalk(io.StringIO(_text(table)))
        self._folder = Path(tempfile.mkdtemp(prefix="lulc-own-map-"))
        self._end = weakref.finalize(self, shutil.rmtree, self._folder, True)
        (self._folder / self.name).write_bytes(content)

    def read(self, region: lulc.Region, cancel: threading.Event | None = None) -> xr.DataArray:
        """Return it on the grid of a region, as `lulc.read_reference_map` does; raises `UserError`."""
        del cancel  # it is read in seconds
        try:
            return lulc.read_reference_map(self._folder / self.name, region, crosswalk=self._crosswalk)
        except lulc.LulcError as error:
            raise type(error)(str(error).replace(f"{self._folder}/", "")) from error

    def forget(self) -> None:
        """Remove the file."""
        self._end()


def _text(table: bytes) -> str:
    try:
        return table.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise lulc.InvalidInputError("The table of classes is not UTF-8 text. Save it as CSV in UTF-8.") from error
