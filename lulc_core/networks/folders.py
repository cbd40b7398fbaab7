"""Where networks lie: beside this file, in the folders of `LULC_MODELS`, and where downloaded ones are written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from lulc_core.errors import InvalidInputError, LulcError, NotFoundError
from lulc_core.home import from_home
from lulc_core.networks.card import CARD, ModelCard
from lulc_core.networks.published import PUBLISHED_NETWORKS

SHIPPED = Path(__file__).parent
"""Networks that come with the package, a folder each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledNetwork:
    """A network on this machine, as its card describes it; its weights have not been opened."""

    name: str
    """By which it is opened: that of its folder."""
    folder: Path
    """With its ``model.json``."""
    title: str
    """Name that its card gives."""
    licence: str
    """Licence that its card gives; empty if it gives none."""
    product_level: str
    """Product level that it was made for; L2A if its card gives none."""
    problem: str
    """What is wrong with its card; empty if nothing is."""
    warning: str = ""
    """What its card warns of; empty if nothing."""
    level_remark: str = ""
    """What a reader of its maps should know of that product level; empty if nothing."""
    simulated: bool = False
    """Whether it was trained on simulated imagery."""
    proven: bool = False
    """Whether it was tried before it came here: it is shipped, or its card is that of a published one."""


def networks_folder() -> Path:
    """Return the folder of downloaded networks: `LULC_NETWORKS`, or one among the data of the user.

    Examples
    --------
    >>> networks_folder().is_absolute()
    True
    """
    named = os.environ.get("LULC_NETWORKS")
    usual = platformdirs.user_data_path("lulc-explorer", appauthor=False) / "networks"
    return from_home(named).resolve() if named else usual


def network_folders() -> list[Path]:
    """Return the folders whose networks are offered: those of `LULC_MODELS`, and that of downloaded networks.

    Each is a network, or holds networks.

    Examples
    --------
    >>> network_folders()[-1] == networks_folder()
    True
    """
    named = os.environ.get("LULC_MODELS", "").split(os.pathsep)
    return [*(from_home(folder).resolve() for folder in named if folder), networks_folder()]


def installed_networks() -> list[InstalledNetwork]:
    """Return the networks on this machine: those that are shipped, then those in `network_folders`.

    Examples
    --------
    >>> import lulc_core as lulc
    >>> lulc.installed_networks()[0].name
    'unet-simulated'
    """
    return [_described(folder) for folder in _folders()]


def usual_network(*, simulated: bool) -> str:
    """Return the network for imagery where nobody names one, as `find_network` takes it.

    Parameters
    ----------
    simulated
        Whether the imagery is: only there is a network that was trained on simulated imagery of use.

    Raises
    ------
    NotFoundError
        If no network for real imagery is installed.

    Examples
    --------
    >>> usual_network(simulated=True)
    'unet-simulated'
    """
    there = [one for one in installed_networks() if not one.problem]
    fitting = sorted((one for one in there if one.simulated == simulated), key=lambda one: not one.proven)
    if fitting:
        return fitting[0].name if fitting[0].folder.parent == SHIPPED else str(fitting[0].folder)
    name, one = next(iter(PUBLISHED_NETWORKS.items()))
    raise NotFoundError(
        "No network for real imagery is installed; those for simulated imagery find nothing real. `lulc networks get "
        f"{name}` downloads one ({one.size / 1e6:.1f} MB, {one.licence}); or name a network of your own."
    )


def find_network(model: str | os.PathLike[str]) -> Path:
    """Return the folder of a network, by its name or by the path of its folder or of a file in it.

    Raises
    ------
    NotFoundError
        If there is no such network.
    InvalidInputError
        If several have that name.
    """
    path, folders = from_home(model), _folders()
    folder = path if os.path.isdir(path) else path.parent  # os.path: False for what can be no path, too
    by_path = [folder] if os.path.exists(path) and os.path.isfile(folder / CARD) else []
    named = [folder for folder in folders if folder.name == str(model)]
    if named and named[0].parent == SHIPPED:
        return named[0]
    found = {one.resolve(): one for one in [*named, *by_path]}
    if len(found) > 1:
        raise InvalidInputError(f"{model} is the name of several networks: {_listed(found)}. Give the path of one.")
    if not found:
        names = _listed(dict.fromkeys(one.name for one in folders))
        get = f" lulc networks get {model} downloads it." if str(model) in PUBLISHED_NETWORKS else ""
        raise NotFoundError(
            f"No model {str(model)!r}. Expected the name of an installed one ({names}) or a folder with a {CARD} and "
            f"its weights.{get}"
        )
    return next(iter(found.values()))


def _listed(found: object) -> str:
    return ", ".join(map(str, found))  # type: ignore[call-overload]


def _folders() -> list[Path]:
    """Return the folder of every installed network, shipped ones first."""
    cards = [
        *sorted(SHIPPED.glob(f"*/{CARD}")),
        *(card for folder in network_folders() for card in (folder / CARD, *sorted(folder.glob(f"*/{CARD}")))),
    ]
    return list(dict.fromkeys(card.parent for card in cards if card.is_file()))


def _described(folder: Path) -> InstalledNetwork:
    try:
        card = ModelCard.read(folder)
    except LulcError as error:
        name = folder.name
        return InstalledNetwork(name=name, folder=folder, title=name, licence="", product_level="", problem=str(error))
    return InstalledNetwork(
        name=folder.name,
        folder=folder,
        title=card.name,
        licence=str(card.fields.get("licence", "")),
        product_level=card.other_level or "L2A",
        problem="",
        warning=str(card.fields.get("warning") or ""),
        level_remark=card.level_remark,
        simulated=bool(card.fields.get("simulated")),
        proven=folder.parent == SHIPPED or card.fields in (one.card for one in PUBLISHED_NETWORKS.values()),
    )
