"""Products of an acquisition as files and STAC items, in the form of the Planetary Computer's Sentinel-2 L2A."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import rasterio
import rasterio.shutil
from odc.geo.geom import Geometry, box, polygon

from lulc_core.imagery.scenes import BANDS
from lulc_core.legend import LEGEND
from lulc_core.simulation.kernels import digital_numbers
from lulc_core.simulation.noise import generator
from lulc_core.untrusted import sha256_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from lulc_core.json_types import JsonObject
    from lulc_core.regions import Region
    from lulc_core.simulation.passes import Pass

NOTICE = "Simulated: computed, not observed by a satellite."
"""Notice in every item."""

_ASSETS = {
    # key: number in the title, name in the title, common name, centre and width in um
    "B02": ("2", "Blue", "blue", 0.49, 0.098),
    "B03": ("3", "Green", "green", 0.56, 0.045),
    "B04": ("4", "Red", "red", 0.665, 0.038),
    "B08": ("8", "NIR", "nir", 0.842, 0.145),
    "B11": ("11", "SWIR (1.6)", "swir16", 1.61, 0.143),
    "B12": ("12", "SWIR (2.2)", "swir22", 2.19, 0.242),
}
_COLLECTION = "https://planetarycomputer.microsoft.com/api/stac/v1/collections/sentinel-2-l2a"
"""The collection whose format the items follow; STAC requires a link to it."""
_SHA_256 = "1220"
"""How a multihash of this kind begins: the code of the hash, and its length."""
_FINE = ("B02", "B03", "B04", "B08")
_SCL_SHARES = {
    2: "dark_features", 3: "cloud_shadow", 4: "vegetation", 5: "not_vegetated", 6: "water", 7: "unclassified",
    8: "medium_proba_clouds", 9: "high_proba_clouds", 10: "thin_cirrus", 11: "snow_ice",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One processing of an acquisition, or of part of one; it becomes an item."""

    look: Pass
    """The acquisition."""
    baseline: str
    """Processing baseline, such as ``04.00``, from which on 1000 is added to digital numbers."""
    generated: datetime
    """When it was processed, UTC."""
    strip: datetime
    """Start of the datastrip, UTC."""
    rows: tuple[float, float] = (0.0, 1.0)
    """Part of the height that it covers, from the north, 0-1; a split datatake has two."""

    @property
    def offset(self) -> int:
        """Offset that is added to reflectance x 10 000."""
        return 1000 if self.baseline >= "04.00" else 0

    @property
    def id(self) -> str:
        """Identifier of the item."""
        look = self.look
        sensed, generated = _compact(look.sensed), _compact(self.generated)
        return f"SIMULATED_{look.platform}_MSIL2A_{sensed}_R{look.orbit:03d}_T{look.tile}_{generated}"


def products(looks: list[Pass], key: tuple[str | int, ...]) -> list[list[Product]]:
    """Return the products of all acquisitions of a year.

    Most acquisitions give one product; one is split in two, and two were reprocessed later, with a newer baseline.
    """
    rng = generator(*key, "products")
    whole = [i for i, look in enumerate(looks) if look.edge is None]
    split, *again = rng.permutation(whole)[:3].tolist()
    published = [[_first(look)] for look in looks]
    published[split] = _split(published[split][0])
    for i in again:
        published[i].append(_again(published[i][0]))
    return published


def _first(look: Pass) -> Product:
    year = look.sensed.year
    baseline = "02.12" if year <= 2020 else "03.01" if year == 2021 else "04.00" if year == 2022 else "05.09"
    generated = look.sensed + timedelta(hours=9, seconds=look.day * 7)
    return Product(look=look, baseline=baseline, generated=generated, strip=look.sensed + timedelta(seconds=4))


def _split(product: Product) -> list[Product]:
    later = product.strip + timedelta(seconds=17)
    south = replace(product, rows=(0.43, 1.0), strip=later, generated=product.generated + timedelta(minutes=3))
    return [replace(product, rows=(0.0, 0.43)), south]


def _again(product: Product) -> Product:
    generated = product.generated.replace(year=2024, month=5, day=1) + timedelta(days=product.look.day % 28)
    return replace(product, baseline="05.10", generated=generated)


def write_product(
    folder: Path, region: Region, product: Product, reflectance: NDArray[np.float32], scl: NDArray[np.uint8]
) -> JsonObject:
    """Write the images of a product under ``folder/assets`` and return its STAC item.

    Parameters
    ----------
    reflectance
        ``(band, y, x)`` float32 in the order of `BANDS`, 0-1, NaN = no data, on the region's grid.
    scl
        ``(y, x)`` uint8 at 20 m, 0 = no data.
    """
    stem = f"SIMULATED_T{product.look.tile}_{_compact(product.look.sensed)}_{_compact(product.generated)}"
    coarse = region.grid.zoom_out(2)
    assets: dict[str, JsonObject] = {}
    for band, image in zip(BANDS, reflectance, strict=True):
        fine = band in _FINE
        digital = _digital_numbers(image if fine else image[::2, ::2], product)
        href = f"./assets/{stem}_{band}_{'10' if fine else '20'}m.tif"
        write_raster(folder / href, digital, region.grid if fine else coarse)
        assets[band] = _asset(href, region.grid if fine else coarse, *_title_and_bands(band))
    held = np.where(_rows(scl.shape[0], product)[:, None], scl, np.uint8(0))
    href = f"./assets/{stem}_SCL_20m.tif"
    write_raster(folder / href, held, coarse)
    assets["SCL"] = _asset(href, coarse, "Scene classfication map (SCL)", None)
    for asset in assets.values():
        path = folder / asset["href"]
        asset |= {"file:checksum": _SHA_256 + sha256_of(path), "file:size": path.stat().st_size}
    return _item(region, product, assets, held)


def _rows(height: int, product: Product) -> NDArray[np.bool_]:
    where = (np.arange(height // 2 * 2 if height > 1 else height) + 0.5) / height
    rows = np.zeros(height, bool)
    rows[: where.size] = (where >= product.rows[0]) & (where < product.rows[1])
    return rows


def _digital_numbers(image: NDArray[np.float32], product: Product) -> NDArray[np.uint16]:
    numbers = np.empty(image.shape, np.uint16)
    digital_numbers(image, _rows(image.shape[0], product), product.offset, numbers)
    return numbers


def write_raster(
    path: Path,
    values: NDArray[np.uint8] | NDArray[np.uint16],
    grid: GeoBox,
    colours: dict[int, tuple[int, int, int]] | None = None,
) -> None:
    """Write one band as a Cloud Optimized GeoTIFF with no data 0; overviews of classes hold codes, not means."""
    continuous = values.dtype == np.uint16
    side = min(512, -(-max(values.shape) // 16) * 16)  # a larger block of a small place is mostly beyond it
    with rasterio.open(  # in memory: a COG that is opened to be written is packed while no other thread of Python runs
        "", "w+", driver="MEM", dtype=values.dtype, count=1, height=values.shape[0], width=values.shape[1],
        crs=str(grid.crs), transform=grid.transform, nodata=0,
    ) as image:  # fmt: skip
        image.write(values, 1)
        image.update_tags(LULC_SIMULATED="true", TIFFTAG_IMAGEDESCRIPTION=NOTICE)
        if colours:
            image.write_colormap(1, {0: (0, 0, 0, 0)} | {code: (*rgb, 255) for code, rgb in colours.items()})
        rasterio.shutil.copy(
            image, str(path), driver="COG", compress="ZSTD", level=1, blocksize=side,
            predictor="YES" if continuous else "NO", overview_resampling="average" if continuous else "mode",
        )  # fmt: skip


def write_truth(path: Path, truth: NDArray[np.uint8], grid: GeoBox) -> None:
    """Write the truth ``(y, x)`` as legend codes with their colours."""
    write_raster(path, truth, grid, LEGEND.colours)


def _title_and_bands(band: str) -> tuple[str, list[JsonObject]]:
    number, name, common, centre, width = _ASSETS[band]
    metres = "10m" if band in _FINE else "20m"
    description = f"Band {number} - {name}"
    return f"{description} - {metres}", [
        {"name": band, "common_name": common, "description": description, "center_wavelength": centre,
         "full_width_half_max": width}
    ]  # fmt: skip


def _asset(href: str, grid: GeoBox, title: str, bands: list[JsonObject] | None) -> JsonObject:
    asset = {
        "href": href,
        "type": "image/tiff; application=geotiff; profile=cloud-optimized",
        "roles": ["data"],
        "title": title,
        "gsd": abs(grid.resolution.x),
        "proj:bbox": list(grid.boundingbox.bbox),
        "proj:shape": list(grid.shape),
        "proj:transform": list(grid.transform)[:6],
    }
    return asset | ({"eo:bands": bands} if bands else {})


def _item(region: Region, product: Product, assets: JsonObject, scl: NDArray[np.uint8]) -> JsonObject:
    footprint = _footprint(region, product)
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": product.id,
        "collection": "sentinel-2-l2a",
        "bbox": list(footprint.boundingbox.bbox),
        "geometry": footprint.json,
        "stac_extensions": [
            "https://stac-extensions.github.io/eo/v1.0.0/schema.json",
            "https://stac-extensions.github.io/sat/v1.0.0/schema.json",
            "https://stac-extensions.github.io/projection/v1.0.0/schema.json",
            "https://stac-extensions.github.io/file/v2.1.0/schema.json",
        ],
        "properties": _properties(region, product) | _shares(scl),
        "links": [{"rel": "collection", "type": "application/json", "href": _COLLECTION}],
        "assets": assets,
    }


def _properties(region: Region, product: Product) -> JsonObject:
    look, baseline = product.look, product.baseline
    epsg = region.grid.crs.epsg if region.grid.crs else None
    orbit = 20_000 + (look.sensed - datetime(2019, 1, 1, tzinfo=look.sensed.tzinfo)).days * 143 // 10
    version = f"N{baseline.replace('.', '')}"
    granule = f"SIMULATED_{look.platform}_OPER_MSI_L2A"
    made = _compact(product.generated)
    return {
        "title": f"Simulated Sentinel-2 acquisition, {region.title}, {look.sensed:%Y-%m-%d}",
        "description": NOTICE,
        "lulc:simulated": True,
        "datetime": f"{look.sensed:%Y-%m-%dT%H:%M:%S}.024000Z",
        "platform": f"Sentinel-2{look.platform[-1]}",
        "constellation": "Sentinel 2",
        "instruments": ["msi"],
        "proj:epsg": epsg,
        "sat:orbit_state": "descending",
        "sat:relative_orbit": look.orbit,
        "s2:mgrs_tile": look.tile,
        "s2:product_type": "S2MSI2A",
        "s2:product_uri": f"{product.id.replace('_R', f'_{version}_R', 1)}.SAFE",
        "s2:processing_baseline": baseline,
        "s2:generation_time": f"{product.generated:%Y-%m-%dT%H:%M:%S}.000Z",
        "s2:datatake_id": f"G{look.platform}_{_compact(look.sensed)}_{orbit:06d}_N{baseline}",
        "s2:datatake_type": "INS-NOBS",
        "s2:datastrip_id": f"{granule}_DS_SIMU_{made}_S{_compact(product.strip)}_N{baseline}",
        "s2:granule_id": f"{granule}_TL_SIMU_{made}_A{orbit:06d}_T{look.tile}_N{baseline}",
        "s2:mean_solar_zenith": round(look.sun_zenith, 4),
        "s2:mean_solar_azimuth": round(look.sun_azimuth, 4),
    }


def _shares(scl: NDArray[np.uint8]) -> dict[str, float]:
    """Return the percentage of each class of the scene classification, of the pixels with data."""
    counts = np.bincount(scl.ravel(), minlength=12)
    valid = max(int(counts[1:].sum()), 1)
    shares = {f"s2:{name}_percentage": round(100 * int(counts[code]) / valid, 6) for code, name in _SCL_SHARES.items()}
    return {
        "eo:cloud_cover": round(100 * int(counts[8:11].sum()) / valid, 6),
        "s2:nodata_pixel_percentage": round(100 * int(counts[0]) / scl.size, 6),
        "s2:saturated_defective_pixel_percentage": 0.0,
        **shares,
    }


def _footprint(region: Region, product: Product) -> Geometry:
    """Return where the product has data, in degrees (WGS 84)."""
    west, south, east, north = region.grid.boundingbox.bbox
    width, height = east - west, north - south
    top, bottom = (north - share * height for share in product.rows)
    area = box(west, bottom, east, top, region.grid.crs)
    if product.look.edge is not None:
        direction, share = product.look.edge
        lean = np.tan(np.radians(direction)) * height / 2
        border = west + (1 - share) * width
        corners = [(west - width, south), (border - lean, south), (border + lean, north), (west - width, north)]
        area &= polygon([*corners, corners[0]], region.grid.crs)
    return area.to_crs("EPSG:4326")


def _compact(time: datetime) -> str:
    return f"{time:%Y%m%dT%H%M%S}"
