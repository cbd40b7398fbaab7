"""Opening images that somebody else serves: patiently, within bounds, and checked against their checksum."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
import time
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import numpy as np
import rasterio
import rasterio.errors
from odc.geo.geobox import GeoBox
from rasterio.enums import Interleaving
from rasterio.io import MemoryFile

from lulc_core.counted import counted
from lulc_core.errors import InvalidInputError, UnreachableError
from lulc_core.ground_area import is_on_earth
from lulc_core.imagery.access import Reach, is_served, local_path, public, without_secrets
from lulc_core.imagery.assets import ANOTHER, bands_named
from lulc_core.imagery.connections import ask, certificates, in_words, parts, proxies, refuse_direct, refused, session
from lulc_core.imagery.patience import pause, wait_for_turn
from lulc_core.imagery.signing import NoTokenError, forget_tokens, sign
from lulc_core.imagery.silence import BRIEFLY, is_given_up, is_silent, listening
from lulc_core.imagery.traffic import count_read
from lulc_core.valid_pixels import data_bands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

Pixels = TypeVar("Pixels", bound="NDArray[np.generic]")
ATTEMPTS, REMOTE_ATTEMPTS = 3, 8
"""How often a file is tried: a local one, and one that is served."""
LONGEST_PAUSE_S = 1.0
"""Longest pause before a file is tried again; GDAL has made its own before."""
MOST_PX = 25_000**2
"""Largest image: a tile of Sentinel-2 has 10 980 x 10 980 pixels."""
MOST_BLOCK_BYTES = 2**28
"""Largest block of an image, unpacked, of which some are kept at once; a tile of Sentinel-2 in one strip is smaller."""
MOST_CHECKED_BYTES = 16 * 2**20
"""Largest served file that is read whole, so that its checksum can be compared."""
_DOWNLOAD_S = 120
"""Longest time in which it may arrive."""
_DRIVERS = ("GTiff", "JP2OpenJPEG", "JP2KAK", "JP2ECW", "JP2MrSID")
"""GDAL's drivers of images that hold their own pixels: a VRT or a description of a web service leads elsewhere."""
_HASHES = {"1220": hashlib.sha256, "1114": hashlib.sha1, "1340": hashlib.sha512, "d50110": hashlib.md5}
"""Function and length of a multihash to the hash."""
_GDAL = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_LOW_SPEED_LIMIT": "1",
    "GDAL_HTTP_LOW_SPEED_TIME": "15",
    "GDAL_HTTP_TIMEOUT": "60",
    "GDAL_HTTP_MAX_RETRY": "4",
    "GDAL_HTTP_RETRY_DELAY": "0.5",
    "GDAL_HTTP_RETRY_CODES": "429,500,502,503,504",
    "GDAL_NUM_THREADS": "1",
}
"""Blob storage answers 503 under load; without these options GDAL reports an unknown file format. And it reads in
this thread: what fails in one of its own is no error, and leaves an image without data that nobody hears of."""
_AFRESH = {"CPL_VSIL_CURL_NON_CACHED": "/vsicurl/"}
"""Makes GDAL forget a bad answer: without it, another attempt reads the first one's from its cache."""
_log = logging.getLogger(__name__)
_unchecked: set[str] = set()
"""Served files that proved too large to be checked."""


class RefusedError(UnreachableError):
    """A file is not opened, however often it is tried."""


class _Incomplete(logging.Filter):
    """Hears of parts of a file that GDAL leaves out because they did not arrive: scale, no data, mask, or place.

    GDAL reads the image without them, and only says so. What it says of whole files that are oddly written, such as
    tags out of order, is none of these signs.
    """

    _signs = ("IO error during reading", "read TIFF directory", "IReadBlock failed")

    def __init__(self) -> None:
        super().__init__()
        self.here = threading.local()
        for name, level in (("rasterio._env", logging.WARNING), ("rasterio._err", logging.INFO)):
            logging.getLogger(name).addFilter(self)
            logging.getLogger(name).setLevel(level)  # whatever is shown of it: it has to be heard

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if any(sign in said for sign in self._signs):
            self.here.said = said
        return logging.getLogger("rasterio").isEnabledFor(record.levelno)


_INCOMPLETE = _Incomplete()


def once(read: Callable[[], Pixels], hrefs: Sequence[str], reach: Reach, *, afresh: bool = False) -> Pixels:
    """Return what `read` returns of some addresses, with GDAL's options for images that are served.

    Connections lead to what is within reach, those to a bucket where the settings of its owner say.
    """
    served = any(urlsplit(href).scheme in ("http", "https") for href in hrefs)
    guard = proxies(reach) if served else {}
    if file := certificates():  # rasterio's wheels name their own by the first, and do not heed the second
        guard |= {"GDAL_CURL_CA_BUNDLE": file, "CURL_CA_BUNDLE": file}
    for href in hrefs:
        refuse_direct(href, reach)
    _INCOMPLETE.here.said = ""
    given_up = is_given_up(hrefs)
    options = _GDAL | guard | (BRIEFLY if given_up else {})
    if afresh or given_up or is_silent(hrefs, for_s=0.0):  # of what did not come GDAL says it is not there
        options |= _AFRESH
    try:
        with listening(hrefs), rasterio.Env(**options):
            values = read()
    except (RefusedError, InvalidInputError):  # perhaps for what did not arrive
        _refuse_incomplete()
        raise
    _refuse_incomplete()
    return values


def _refuse_incomplete() -> None:
    if said := _INCOMPLETE.here.said:
        raise UnreachableError(f"it came incomplete: {said}")


def patiently(read: Callable[[], Pixels], hrefs: Sequence[str], name: str, reach: Reach) -> Pixels:
    """Return what `read` returns, in several attempts with fresh signatures, each a new request.

    Raises
    ------
    UnreachableError
        If no attempt succeeds, saying that `name` cannot be read and why; at once if a local file is missing.
    """
    local = [href for href in hrefs if not is_served(href)]
    attempts = ATTEMPTS if len(local) == len(hrefs) else REMOTE_ATTEMPTS
    for attempt in range(1, attempts + 1):
        began = time.monotonic()
        try:
            return once(read, hrefs, reach, afresh=attempt > 1)
        except Exception as error:  # a broken file makes GDAL, rasterio and odc raise almost anything
            final = _final(error, local, certain=attempt > 1 or len(local) == len(hrefs))
            if attempt == attempts or final or is_given_up(hrefs):
                raise unreachable(name, error, final, attempt) from error
            _log.info("%s: attempt %d of %d: %s", name, attempt, attempts, without_secrets(in_words(error)))
            if attempt == 1:  # whatever the reason seems to be: GDAL does not always say that it was a 403
                forget_tokens(began)
            time.sleep(min(LONGEST_PAUSE_S, pause(attempt)))
    raise AssertionError("unreachable: the last attempt returns or raises")


def unreachable(name: str, error: Exception, final: str = "", attempts: int = 1) -> UnreachableError:
    """Return what is said of a file that is not tried again, after an error or for a reason that is `final`."""
    cause = final or without_secrets(f"{in_words(error)} (after {counted(attempts, 'attempt')})")
    return UnreachableError(f"{name} cannot be read: {cause.removesuffix('.')}.")


def _final(error: Exception, local: Iterable[str], *, certain: bool) -> str:
    """Return why another attempt is of no use; empty if it may succeed.

    What a served file seems to be is `certain` the second time: the first answer may have been a bad one.
    """
    if host := refused(error):
        return f"it leads into a private network, {host}, where the catalog is not"
    if gone := [href for href in local if not local_path(href).is_file()]:
        return f"no file at {', '.join(gone)}"
    refuses = isinstance(error, InvalidInputError | NoTokenError) or (certain and isinstance(error, RefusedError))
    return without_secrets(str(error)) if refuses else ""


@contextlib.contextmanager
def verified(href: str, checksum: str, reach: Reach = Reach.WEB) -> Iterator[str]:
    """Yield what to open for a file: itself, signed, or a copy in memory that has the checksum of its item.

    Raises
    ------
    UnreachableError
        If its bytes are not those of the checksum, a multihash in hexadecimal, or cannot be had.
    """
    if urlsplit(href).scheme in ("http", "https"):
        wait_for_turn(href)
    signed = sign(href)
    if not checkable(href, checksum):
        yield signed
    elif not is_served(href):
        path = local_path(href)
        _compare(_local_digest(path, checksum.lower(), path.stat().st_mtime_ns), href, checksum)
        yield str(path)
    elif (content := _download(signed, reach)) is None:
        _unchecked.add(href)
        yield signed
    else:
        _compare(_hash(checksum)(content).hexdigest(), href, checksum)
        with MemoryFile(content) as memory:
            yield memory.name


def checkable(href: str, checksum: str) -> bool:
    """Return whether a file's checksum is compared: it is of a known kind, and the file not too large to be fetched."""
    known = any(checksum.lower().startswith(prefix) for prefix in _HASHES)
    return known and href not in _unchecked and urlsplit(href).scheme in ("", "file", "http", "https")


def open_image(uri: str, *, most_px: int = MOST_PX, **options: str) -> rasterio.DatasetReader:
    """Open an image; raises `RefusedError` if it is too large, and rasterio's error if it is not of `_DRIVERS`.

    Parameters
    ----------
    uri
        What to open.
    most_px
        Pixels of the largest image.
    options
        GDAL's open options.
    """
    image = _open(uri, options)
    height, width = image.block_shapes[0]
    together = image.count if image.interleaving == Interleaving.pixel else 1
    block = height * width * together * np.dtype(image.dtypes[0]).itemsize
    too_large = ""
    if image.width * image.height > most_px:
        too_large = f"it has {image.width:,} x {image.height:,} pixels, where a tile of Sentinel-2 has 10,980 x 10,980"
    elif block > MOST_BLOCK_BYTES:
        too_large = f"its blocks have {block:,} bytes, where a cloud-optimized GeoTIFF has blocks of 512 x 512 pixels"
    if too_large:
        image.close()
        raise RefusedError(too_large)
    if not is_on_earth(GeoBox.from_rio(image)):
        local = f"its CRS is {image.crs.to_string()[:80]}" if image.crs else "it has no CRS"
        image.close()
        raise RefusedError(f"it does not say where it lies: {local}")
    return image


def find_band(image: rasterio.DatasetReader, band: str, said: int | None) -> int:
    """Return where in a file a band is, from 1: as the file describes its bands, or as its item says.

    Raises
    ------
    RefusedError
        If the file describes another band there, or has several and nothing says which is meant.
    """
    there = data_bands(image)
    named = dict(zip(there, bands_named([image.descriptions[i - 1] for i in there]), strict=True))
    described = [i for i, name in named.items() if name == band]
    asked = said if said is not None and (said > 1 or len(there) > 1) else there[0] if len(there) == 1 else None
    found = asked or (described[0] if len(described) == 1 else None)
    if found is None or found not in there:
        raise RefusedError(f"it has {len(there)} bands, and neither item nor file says which is {band}")
    if named[found] not in (None, ANOTHER, band):
        raise RefusedError(f"its item calls a band {band} which the file describes as {image.descriptions[found - 1]}")
    return found


@cache
def _drivers() -> tuple[str, ...]:
    """Return those of `_DRIVERS` that this GDAL has."""
    with rasterio.Env() as environment:
        here = environment.drivers()
    return tuple(name for name in _DRIVERS if name in here)


def _open(uri: str, options: Mapping[str, str]) -> rasterio.DatasetReader:
    """Open an image by the first of `_DRIVERS` that knows it; raises as the first that there is."""
    first, *others = _drivers()
    try:
        return rasterio.open(uri, sharing=False, driver=first, **options)
    except rasterio.errors.RasterioIOError as error:
        if "HTTP" in str(error):  # nothing came that another driver might know
            raise
        for driver in others:
            with contextlib.suppress(rasterio.errors.RasterioIOError):
                return rasterio.open(uri, sharing=False, driver=driver, **options)
        raise


def _hash(checksum: str) -> Callable[..., hashlib._Hash]:
    return next(function for prefix, function in _HASHES.items() if checksum.lower().startswith(prefix))


@lru_cache(maxsize=4096)
def _local_digest(path: Path, checksum: str, _changed: int) -> str:
    """Return the digest of a local file of any size, read in parts, and once while the file stays as it is."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, _hash(checksum)).hexdigest()


def _compare(digest: str, href: str, checksum: str) -> None:
    if checksum.lower() not in (prefix + digest for prefix in _HASHES):
        raise UnreachableError(
            f"the bytes of {Path(public(href)).name} are not those that its file:checksum was made of"
        )


def _download(address: str, reach: Reach) -> bytes | None:
    """Return a served file; None if it is larger than `MOST_CHECKED_BYTES`."""
    content, size, until = list[bytes](), 0, time.monotonic() + _DOWNLOAD_S
    with session(reach) as client, ask(client, "GET", address, lambda _: None, timeout=(10, 60)) as answer:
        answer.raise_for_status()
        with contextlib.suppress(KeyError, ValueError):  # it may not say
            if int(answer.headers["Content-Length"]) > MOST_CHECKED_BYTES:
                return None
        for part in parts(answer):
            size += len(part)
            if size > MOST_CHECKED_BYTES:
                return None
            if time.monotonic() > until:
                raise TimeoutError(f"{public(address)} was not complete within {_DOWNLOAD_S} s")
            content.append(part)
    count_read(size)
    return b"".join(content)
