"""The array of docs/howto/clusters.md on a real Slurm of one machine, where one is installed."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from many_tiles import maps_of
from stac_server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from many_tiles import MadeRun

    import lulc_core as lulc

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "clusters.md"
MISSING = [name for name in ("munged", "slurmctld", "slurmd", "sbatch") if shutil.which(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"apt-get install slurm-wlm munge; missing: {', '.join(MISSING)}"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="slurmd wants to be root"),
]
CONFIG = """
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldPort={port}
SlurmdPort={node_port}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=1000
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


@contextmanager
def running(*command: str) -> Iterator[None]:
    """Run a server in the foreground."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            yield
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def slurm() -> Iterator[None]:
    """A cluster of this machine alone; its commands find it by the environment."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as held:  # a path of pytest's is too long for a socket
        folder, host = Path(name), socket.gethostname().partition(".")[0]
        folder.chmod(0o755)
        (folder / "munge.key").touch(0o600)
        (folder / "munge.key").write_bytes(os.urandom(1024))
        config = folder / "slurm.conf"
        config.write_text(
            CONFIG.format(host=host, folder=folder, cpus=os.cpu_count(), port=free_port(), node_port=free_port())
        )
        held.enter_context(pytest.MonkeyPatch.context()).setenv("SLURM_CONF", str(config))
        files = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "munge.pid", "seed-file": "seed"}
        held.enter_context(running("munged", "-F", "--force", *(f"--{k}={folder / v}" for k, v in files.items())))
        held.enter_context(running("slurmctld", "-D"))
        held.enter_context(running("slurmd", "-D"))
        yield


def test_the_array_of_the_page_makes_the_same_maps(
    slurm: None, made_run: MadeRun, finished: lulc.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
    years = f"{made_run.years[0]}-{made_run.years[-1]}"
    for there, here in {
        "1-20": "1-2",
        "/20": "/2",
        "cpus-per-task=4": "cpus-per-task=1",
        "mem=6G": "mem=400M",
        "lulc run territory.geojson --years 2019-2023": f"lulc run {made_run.territory} --clip --years {years}",
        "planetary-computer": str(made_run.template.catalog),
        "--model dynamic-world": f"--model {made_run.template.model}",
        "/shared/maps": str(tmp_path / "maps"),
    }.items():
        assert there in script
        script = script.replace(there, here)
    (tmp_path / "job.sh").write_text(script)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    while subprocess.run(["sinfo"], check=False, capture_output=True).returncode:  # the time limit of a test ends this
        time.sleep(0.5)
    done = subprocess.run(["sbatch", "--wait", "job.sh"], cwd=tmp_path, check=False, capture_output=True, text=True)
    said = "\n".join(path.read_text() for path in tmp_path.glob("slurm-*.out"))
    assert done.returncode == 0, done.stderr + said
    assert maps_of(tmp_path / "maps") == maps_of(finished.folder)
    assert "4 of 4 maps are done" in said
