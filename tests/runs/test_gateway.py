"""A run on a Dask Gateway: what is asked of one, and a real one where its server is installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from many_tiles import maps_of
from stac_server import free_port

import lulc_core as lulc
from lulc_core.runs.cluster import connected, run_on
from lulc_core.runs.gateways import scheduler_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from many_tiles import MadeRun

aiohttp = pytest.importorskip("aiohttp", reason="pip install aiohttp; dask-gateway brings it")
MISSING = importlib.util.find_spec("dask_gateway") is None or importlib.util.find_spec("dask_gateway_server") is None
LOGIN = {
    "DASK_GATEWAY__AUTH__TYPE": "basic",
    "DASK_GATEWAY__AUTH__KWARGS__USERNAME": "ann",
    "DASK_GATEWAY__AUTH__KWARGS__PASSWORD": "secret",
}
CONFIG = """
c.DaskGateway.backend_class = "dask_gateway_server.backends.local.UnsafeLocalBackend"
c.DaskGateway.authenticator_class = "dask_gateway_server.auth.SimpleAuthenticator"
c.SimpleAuthenticator.password = "secret"
c.Proxy.address = "127.0.0.1:{port}"
c.DaskGateway.address = "127.0.0.1:{private}"
c.LocalBackend.clusters_directory = "{folder}/clusters"
c.ClusterConfig.scheduler_cmd = ["{python}", "-m", "distributed.cli.dask_scheduler"]
c.ClusterConfig.worker_cmd = ["{python}", "-m", "distributed.cli.dask_worker"]
c.DBBackendBase.cluster_start_timeout = c.DBBackendBase.worker_start_timeout = 600
"""


class OneOfThem:
    """Stands for `dask_gateway`: a gateway with some clusters, or one that does not do what it is asked."""

    GatewayServerError = RuntimeError

    def __init__(self, names: tuple[str, ...], scheduler: str | None, error: Exception | None) -> None:
        self.names, self.scheduler, self.error, self.asked = names, scheduler, error, ""

    def Gateway(self, url: str, *, asynchronous: bool) -> OneOfThem:  # noqa: N802
        assert asynchronous
        self.asked = url
        return self

    async def __aenter__(self) -> OneOfThem:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def list_clusters(self) -> list[SimpleNamespace]:
        if self.error:
            raise self.error
        return [SimpleNamespace(name=name) for name in self.names]

    async def get_cluster(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(
            scheduler_address=self.scheduler, security=f"keys of {name}", status=SimpleNamespace(name="PENDING")
        )


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Any:
    def there(*names: str, scheduler: str | None = "gateway://h:1/a", error: Exception | None = None) -> OneOfThem:
        one = OneOfThem(names, scheduler, error)
        monkeypatch.setitem(sys.modules, "dask_gateway", one)
        return one

    return there


@pytest.mark.parametrize(
    "address, url", [("gateway://h:8000", "http://h:8000"), ("gateway+https://h/services/g", "https://h/services/g")]
)
def test_the_only_cluster_of_a_gateway_is_used_with_its_keys(put: Any, address: str, url: str) -> None:
    gateway = put("a")
    assert scheduler_of(address) == ("gateway://h:1/a", "keys of a")
    assert gateway.asked == url


@pytest.mark.parametrize(
    "names, scheduler, said",
    [((), None, "runs 0 clusters for you"), (("a", "b"), "x", "runs 2 clusters"), (("a",), None, "is pending; wait")],
)
def test_a_gateway_without_one_running_cluster_is_told(
    put: Any, names: tuple[str, ...], scheduler: str | None, said: str
) -> None:
    put(*names, scheduler=scheduler)
    with pytest.raises(lulc.InvalidInputError, match=said), connected("gateway://h:8000"):
        pass


def _answer(status: int) -> Exception:
    return aiohttp.ClientResponseError(SimpleNamespace(real_url="http://h"), (), status=status, message="no")


@pytest.mark.parametrize(
    "error, kind, said",
    [
        (_answer(401), lulc.InvalidInputError, r"does not let you in \(401\). Say who you are"),
        (_answer(502), lulc.UnreachableError, "^No Dask Gateway answers at gateway://h:8000: 502"),
        (ValueError("404: Not Found"), lulc.UnreachableError, "404: Not Found. Check the address"),
        (RuntimeError("broken"), lulc.UnreachableError, "broken. Check the address"),
    ],
)
def test_a_gateway_that_does_not_answer_or_lets_nobody_in_is_told(
    put: Any, error: Exception, kind: type[Exception], said: str
) -> None:
    put(error=error)
    with pytest.raises(kind, match=said), connected("gateway://h:8000"):
        pass


@contextmanager
def gateway(folder: Path) -> Iterator[str]:
    """Serve a gateway whose clusters are processes of this machine; yield its port."""
    port = free_port()
    config = CONFIG.format(port=port, private=free_port(), folder=folder, python=sys.executable)
    (folder / "config.py").write_text(config)
    command = [sys.executable, "-m", "dask_gateway_server", "-f", str(folder / "config.py")]
    with (folder / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            yield str(port)
        finally:
            server.terminate()


@pytest.mark.slow
@pytest.mark.skipif(MISSING, reason="pip install dask-gateway 'dask-gateway-server[local]' for a real gateway")
def test_a_real_gateway_makes_the_same_maps(
    made_run: MadeRun, finished: lulc.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dask
    import dask_gateway

    run = made_run.into(tmp_path / "out")
    with gateway(tmp_path) as port:
        with pytest.raises(lulc.InvalidInputError, match="401"):
            _once_it_answers(f"gateway://127.0.0.1:{port}")
        for name, value in LOGIN.items():
            monkeypatch.setenv(name, value)
        dask.config.refresh()
        with pytest.raises(lulc.InvalidInputError, match="runs 0 clusters"):
            scheduler_of(f"gateway://127.0.0.1:{port}")
        with dask_gateway.Gateway(f"http://127.0.0.1:{port}") as there, there.new_cluster() as started:
            started.scale(2)
            with connected(f"gateway://127.0.0.1:{port}") as client:
                done = run_on(client, run)
            assert [one.name for one in there.list_clusters()] == [started.name]
    dask.config.refresh()
    assert sorted(one.name for one in done) == [unit.name for unit in run.units]
    assert maps_of(run.folder) == maps_of(finished.folder)


def _once_it_answers(address: str) -> None:
    for _ in range(600):
        try:
            scheduler_of(address)
        except lulc.UnreachableError:
            time.sleep(0.5)
    pytest.fail("The gateway did not begin to answer.")
