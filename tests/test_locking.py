"""Locks between processes."""

from __future__ import annotations

import errno
import subprocess
import sys
import threading
from pathlib import Path

import filelock
import pytest

import lulc_core as lulc
from lulc_core.locking import alone, folder_to_write, if_free, sweep

ROOT = Path(__file__).parents[1]
HOLDER = """
import sys, time
from pathlib import Path
from lulc_core.locking import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_lock_keeps_others_out_and_leaves_no_file(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    with alone(lock):
        assert lock.is_file()
        with if_free(lock) as free:
            assert not free
    assert not lock.exists()
    with if_free(lock) as free:
        assert free
    assert not lock.exists()


def test_a_lock_ends_with_its_process_and_what_that_left_is_swept(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, lock], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        swept: list[Path] = []
        sweep(tmp_path, "*.lock", swept.append)
        assert not swept
        holder.kill()
    assert lock.is_file()
    sweep(tmp_path, "*.lock", swept.append)
    assert swept == [lock]
    assert not lock.exists()


def test_who_waits_is_told_so_and_can_stop(tmp_path: Path) -> None:
    cancel, rounds = threading.Event(), []

    def waiting() -> None:
        rounds.append(1)
        if len(rounds) == 3:
            cancel.set()

    with alone(tmp_path / "a.lock"), pytest.raises(lulc.CancelledError):  # noqa: SIM117
        with alone(tmp_path / "a.lock", cancel=cancel, waiting=waiting):
            pass
    assert len(rounds) == 3


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_keeps_nobody_out_and_nothing_is_swept_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def without_locks(*_: object, **__: object) -> None:
        raise OSError(code, "no locks")

    monkeypatch.setattr(filelock.FileLock, "acquire", without_locks)
    lock = tmp_path / "a.lock"
    lock.touch()
    with alone(lock), alone(lock), if_free(lock) as free:
        assert not free


def test_a_folder_that_cannot_hold_a_lock_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"), alone(tmp_path / "file" / "a.lock"):
        pass


@pytest.mark.parametrize("name", ["report.txt", "report.txt/map"])
def test_a_file_in_place_of_a_folder_is_called_one(tmp_path: Path, name: str) -> None:
    (tmp_path / "report.txt").write_text("mine")
    with pytest.raises(lulc.InvalidInputError, match=r"report\.txt is a file. Give a folder"):
        folder_to_write(tmp_path / name)


def test_nothing_locks_files_past_the_library() -> None:
    files = [path for folder in ("lulc_core", "app", "tests") for path in (ROOT / folder).rglob("*.py")]
    assert not [path for path in files if "import fcntl" in path.read_text() and path != Path(__file__)]
