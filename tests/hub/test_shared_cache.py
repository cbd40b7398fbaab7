"""Two users of the system share one cache folder: the hub's service, and somebody with an explorer of their own."""

from __future__ import annotations

import os
import shutil
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lulc_explorer.engine.cache import set_aside, share_with_group

from lulc_core.locking import alone, if_free
from lulc_core.mapping.staging import staged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork") or os.geteuid() != 0, reason="needs root, to be two users of the system"
)
GROUP, ANA, BO = 61_000, 61_001, 61_002


def as_user(user: int, work: Callable[[], None], groups: Sequence[int] = (GROUP,)) -> None:
    """Do something as another user of the system, in a process of its own."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups(list(groups))
            os.setgid(user)
            os.setuid(user)
            os.umask(0o022)
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.fixture
def shared() -> Iterator[Path]:
    """Yield the cache, as the administrator makes it: `install -d -m 2770 -g lulc`; pytest's own is closed to them."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    cache = folder / "cache"
    cache.mkdir()
    os.chown(cache, 0, GROUP)
    cache.chmod(0o2770)
    yield cache
    shutil.rmtree(folder)


def make(cache: Path) -> None:
    """Write a map as the explorer does, and leave a lock behind as a killed process does."""
    share_with_group(cache)
    with alone(cache / "key.lock"), staged(cache / "key") as stage:
        (stage / "report.json").write_text("{}")
        (stage / "predictions.zarr").mkdir()
    (cache / "left.lock").touch()


def use(cache: Path) -> None:
    """Open a map as the explorer does, make it again, and clean up after another."""
    share_with_group(cache)
    os.utime(cache / "key" / "report.json")
    with if_free(cache / "left.lock") as free:
        assert free
    with alone(cache / "key.lock"), staged(cache / "key") as stage:
        (stage / "report.json").write_text("[]")
    set_aside(cache / "key")


def test_what_one_made_the_other_opens_makes_anew_and_removes(shared: Path) -> None:
    as_user(ANA, lambda: make(shared))
    as_user(BO, lambda: use(shared))
    as_user(ANA, lambda: make(shared))


def test_nobody_outside_the_group_sees_it(shared: Path) -> None:
    as_user(ANA, lambda: make(shared))

    def look() -> None:
        with pytest.raises(PermissionError):
            list(shared.iterdir())

    as_user(BO, look, groups=())


def test_a_folder_of_ones_own_stays_so(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        share_with_group(tmp_path)
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
