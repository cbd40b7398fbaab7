"""What a map will take: scenes, bytes to read, time, and room on the disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

from lulc_core.counted import counted
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a map will take: an estimate, from the items of its scenes and one chip that was classified.

    Examples
    --------
    >>> print(Cost(scenes=22, kept=2, live=True, read_bytes=15 * 10**9, seconds=(2400, 9000), disk_bytes=2 * 10**9,
    ...            most_disk_bytes=8 * 10**9, free_bytes=10**11))
    22 scenes, 2 of them done before: about 15.0 GB to read, 40 to 150 minutes, 2.0 GB of disk (8.0 GB at most, 100.0 GB
    are free)
    """

    scenes: int
    """Acquisitions that the map is made of."""
    kept: int
    """How many of them a run that was ended has classified."""
    live: bool
    """Whether images are read from a server."""
    read_bytes: int
    """Of images, to be read."""
    seconds: tuple[float, float]
    """Shortest and longest time expected."""
    disk_bytes: int
    """Expected size of what is written."""
    most_disk_bytes: int
    """Size of what is written if nothing of it can be compressed."""
    free_bytes: int
    """Free on the disk that it is written to."""
    passing_bytes: tuple[int, int] = (0, 0)
    """What of `disk_bytes`, and of `most_disk_bytes`, goes again when the map is done."""

    def __str__(self) -> str:
        done = f", {self.kept} of them done before" if self.kept else ""
        return (
            f"{counted(self.scenes, 'scene')}{done}: about {_size(self.read_bytes)} to read, "
            f"{_duration(*self.seconds)}, {_size(self.disk_bytes)} of disk ({_size(self.most_disk_bytes)} at most, "
            f"{_size(self.free_bytes)} are free)"
        )

    def times(self, count: int, *, stays: bool = True) -> Cost:
        """Return what so many maps like this one take, one after the other, of which none but this has been begun.

        Parameters
        ----------
        count
            How many, >= 1.
        stays
            Whether the maps stay on the disk that they are written to, or go elsewhere, each when it is done.

        Examples
        --------
        >>> one = Cost(scenes=22, kept=0, live=True, read_bytes=15 * 10**9, seconds=(2400, 9000), disk_bytes=2 * 10**9,
        ...            most_disk_bytes=8 * 10**9, free_bytes=10**12, passing_bytes=(10**9, 6 * 10**9))
        >>> print(one.times(100))
        2,200 scenes: about 1.5 TB to read, 67 to 250 hours, 101.0 GB of disk (206.0 GB at most, 1.0 TB are free)
        """
        alike = 1 + (count - 1) * self.scenes / max(self.scenes - self.kept, 1)
        least, most = self.seconds
        passing = self.passing_bytes if stays else (self.disk_bytes, self.most_disk_bytes)
        stay, stay_most = self.disk_bytes - passing[0], self.most_disk_bytes - passing[1]
        return replace(
            self,
            scenes=count * self.scenes,
            read_bytes=round(alike * self.read_bytes),
            seconds=(alike * least, alike * most),
            disk_bytes=count * stay + passing[0],
            most_disk_bytes=count * stay_most + passing[1],
            passing_bytes=passing,
        )

    def check_room(self, folder: Path) -> None:
        """Raise `InvalidInputError` if a folder's disk cannot hold what is expected."""
        if self.disk_bytes > self.free_bytes:
            raise InvalidInputError(
                f"The map takes about {_size(self.disk_bytes)}, and the disk that holds {folder} has "
                f"{_size(self.free_bytes)} free. Make room on it, or give a folder on another."
            )


def _size(count: float) -> str:
    """Return bytes in words, such as ``1.2 GB`` or ``35 MB``."""
    if count >= 1e12:
        return f"{count / 1e12:.1f} TB"
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(count / 1e6, 1):.0f} MB"


def _duration(least: float, most: float) -> str:
    """Return a range of seconds in words, such as ``2 to 5 minutes``."""
    unit, name = (3600, "hours") if least >= 7200 else (60, "minutes") if most >= 120 else (1, "seconds")
    low, high = max(round(least / unit), 1), max(ceil(most / unit), 1)
    return f"{low} to {high} {name}" if low < high else f"{high} {name}"
