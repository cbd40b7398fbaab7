"""``lulc link``: a link that opens the explorer as it is to be seen, for others, too."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import lulc_core as lulc
import lulc_core.cli.options as opt
from lulc_core.cli.words import print_note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import typer

WORDS = (
    *("region", "year", "imagery", "network", "view", "mode", "divider", "tab", "basemap", "opacity", "colours"),
    *("graticule", "stage", "left-year", "left-scene", "right-year", "right-scene", "along", "against", "curve"),
    *("scene", "left", "right", "class", "threshold", "highlight", "weights", "hidden", "rivals", "smallest", "pixel"),
    *("before", "after", "matrix", "of", "corrected", "cells", "focus", "sample"),
)
"""The words of a link, as the explorer's address bar has them."""
_HERE = "http://127.0.0.1:5006/app"
"""Where ``lulc app`` serves."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("link")(link)


def link(
    words: opt.LinkWords = None,
    region: opt.LinkRegion = None,
    year: opt.LinkYear = None,
    at: opt.LinkAt = "",
    service: opt.LinkService = "",
) -> None:
    """Print a link to the explorer; on a JupyterHub one that everybody can open, each in an explorer of their own.

    Example: lulc link --region laos --year 2023 tab=change before=2019
    """
    chosen = {"region": region, "year": year}
    asked = {word: str(value) for word, value in chosen.items() if value is not None} | _read(words or [])
    print(base(os.environ, at, service) + ("?" + urlencode(asked, safe=",:/") if asked else ""))


def base(environment: Mapping[str, str], at: str = "", service: str = "") -> str:
    """Return the address of an explorer that whoever gets the link can open.

    Parameters
    ----------
    environment
        Variables that tell of a hub: ``JUPYTERHUB_BASE_URL``, ``JUPYTERHUB_PUBLIC_HUB_URL``.
    at
        Address of an explorer, ending in ``/app``, or of a hub; empty for where this runs.
    service
        Name of the hub's service that all share; empty for an explorer of everybody's own.

    Raises
    ------
    InvalidInputError
        If `at` is no address of the web, or there is no hub for a service.

    Examples
    --------
    >>> base({}, "https://hub.example.org"), base({}, "https://hub.example.org", "lulc")
    ('https://hub.example.org/hub/user-redirect/lulc/app', 'https://hub.example.org/services/lulc/app')
    >>> base({})
    'http://127.0.0.1:5006/app'
    """
    if at and not at.startswith(("http://", "https://")):
        raise lulc.InvalidInputError(f"--at takes an address such as https://hub.example.org; got {at!r}.")
    on_hub = "JUPYTERHUB_BASE_URL" in environment
    if not at and not on_hub:
        if service:
            raise lulc.InvalidInputError("--service needs a hub: say which, as --at https://hub.example.org.")
        return _HERE
    if at.rstrip("/").endswith("/app"):
        return at.rstrip("/")
    path = f"/services/{service}/app" if service else "/hub/user-redirect/lulc/app"
    return (at.rstrip("/") or _hub(environment)) + path


def _hub(environment: Mapping[str, str]) -> str:
    """Return the address of the hub that this runs on; its path alone where it does not say its host."""
    public = environment.get("JUPYTERHUB_PUBLIC_HUB_URL", "").rstrip("/").removesuffix("/hub")
    if not public:
        print_note("The hub does not say its address. Put it before the link, or give it: --at https://hub.example.org")
    return public or environment["JUPYTERHUB_BASE_URL"].rstrip("/")


def _read(words: list[str]) -> dict[str, str]:
    """Return what is asked for in words; raises `InvalidInputError` for a word that no link has."""
    parts = [text.partition("=") for text in words]
    wrong = [word for word, sign, value in parts if word not in WORDS or not sign or not value]
    if wrong:
        raise lulc.InvalidInputError(
            f"A link has no word {', '.join(map(repr, wrong))}. Give WORD=VALUE, with one of {', '.join(WORDS)}."
        )
    return {word: value for word, _, value in parts}
