"""The cluster that somebody runs on a Dask Gateway."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from lulc_core.errors import InvalidInputError, UnreachableError
from lulc_core.runs.extra import import_extra

if TYPE_CHECKING:
    from types import ModuleType

SCHEMES = {"gateway": "http", "gateway+https": "https"}
"""How the address of a gateway begins, and how it is asked."""
_LOGIN = (
    "Say who you are as Dask's configuration does, such as by DASK_GATEWAY__AUTH__TYPE=basic, "
    "DASK_GATEWAY__AUTH__KWARGS__USERNAME and DASK_GATEWAY__AUTH__KWARGS__PASSWORD, or "
    "DASK_GATEWAY__AUTH__TYPE=jupyterhub."
)


def scheduler_of(address: str) -> tuple[str, Any]:
    """Return the address of the scheduler of one's only cluster on a gateway, and the keys to it.

    Parameters
    ----------
    address
        ``gateway://HOST:PORT``, or ``gateway+https://HOST/PATH`` of a gateway behind TLS. How to log in stands in
        Dask's configuration, under ``gateway.auth``.

    Raises
    ------
    InvalidInputError
        If `dask_gateway` is missing, the gateway lets nobody of that name in, or one has no cluster there, or several.
    UnreachableError
        If no gateway answers.
    """
    dask_gateway = import_extra("dask_gateway", needed_by="A gateway", package="dask-gateway")
    scheme, _, rest = address.partition("://")
    asked = _ask(dask_gateway, f"{SCHEMES[scheme]}://{rest}", address)
    with ThreadPoolExecutor(1) as own_loop:  # a notebook runs one in this thread
        return own_loop.submit(asyncio.run, asked).result()


async def _ask(dask_gateway: ModuleType, url: str, address: str) -> tuple[str, Any]:
    import aiohttp  # comes with dask_gateway

    try:
        async with dask_gateway.Gateway(url, asynchronous=True) as gateway:
            names = [one.name for one in await gateway.list_clusters()]
            cluster = await gateway.get_cluster(names[0]) if len(names) == 1 else None
    except (aiohttp.ClientError, dask_gateway.GatewayServerError, ValueError) as error:  # it says 404 as a ValueError
        status = getattr(error, "status", None)
        if status in (401, 403):
            raise InvalidInputError(f"The gateway at {address} does not let you in ({status}). {_LOGIN}") from error
        raise UnreachableError(f"No Dask Gateway answers at {address}: {error}. Check the address.") from error
    if cluster is None:
        raise InvalidInputError(
            f"The gateway at {address} runs {len(names)} clusters for you; start one there, and stop others."
        )
    if cluster.scheduler_address is None:
        raise InvalidInputError(f"The cluster at {address} is {cluster.status.name.lower()}; wait until it is running.")
    return cluster.scheduler_address, cluster.security
