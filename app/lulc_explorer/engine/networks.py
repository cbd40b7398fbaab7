"""The available networks: the default, those in the folders of `LULC_MODELS`, and those that can be downloaded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BETTER = (
    "To use a better one, choose or download it under “Network”; or put its folder (model.json and weights) into the "
    "folder that the environment variable LULC_MODELS names, and restart the explorer."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network that a person may choose."""

    key: str
    """Identifier in the address bar."""
    title: str
    """The name on its card."""
    model: str
    """Path or name that the engine opens it by."""
    warning: str = ""
    """What its card warns of; empty if nothing."""
    remark: str = ""
    """What is to be said of its maps of real places, such as that it was made for L1C; empty if nothing."""
    simulated: bool = False
    """Whether it was trained on simulated imagery, and is not for real places."""
    problem: str = ""
    """Why it cannot be used; empty if it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A network that can be downloaded."""

    name: str
    """By which it is asked for."""
    title: str
    """Its name for people."""
    about: str
    """Size and licence, as ``1.0 MB, Apache-2.0``."""


def offers(networks: Iterable[Network]) -> list[Offer]:
    """Return the networks that can be downloaded and are not among some that can be used."""
    there = {Path(network.model).name for network in networks if not network.problem}
    return [
        Offer(name=name, title=one.title, about=f"{one.size / 1e6:.1f} MB, {one.licence}")
        for name, one in lulc.PUBLISHED_NETWORKS.items()
        if name not in there
    ]


def find_networks(usual: str, folders: Iterable[Path], known: Iterable[Network] = ()) -> dict[str, Network]:
    """Return the usual network, then every folder with a ``model.json`` in `folders`, by key.

    Parameters
    ----------
    usual
        Path or name of the network that is used unless another is chosen.
    folders
        Each is a network or holds networks.
    known
        Networks that have been found before: those that can be used are not opened again.
    """
    opened = {network.model: network for network in known if not network.problem}
    cards = [card for folder in folders for card in (folder / "model.json", *sorted(folder.glob("*/model.json")))]
    models: dict[Path, str] = {_folder(usual): usual}
    for folder in (card.parent for card in cards if card.is_file()):
        models.setdefault(folder, str(folder))
    found: dict[str, Network] = {}
    for model in models.values():
        key = _unused(Path(model).name, found)
        found[key] = opened.get(model) or _network(key, model)
    return _with_different_titles(found)


def _folder(model: str) -> Path:
    try:
        return lulc.Model.find(model)
    except lulc.LulcError:
        return Path(model)


def _network(key: str, model: str) -> Network:
    """Return a network as its card says; one that has not been proven is opened, which loads 100 MB of libraries."""
    if proven := next((one for one in lulc.installed_networks() if one.proven and one.folder == _folder(model)), None):
        return Network(
            key=key,
            title=proven.title or key,
            model=model,
            warning=proven.warning,
            remark=proven.level_remark,
            simulated=proven.simulated,
        )
    try:
        opened = lulc.Model.open(model)
    except Exception as error:  # a folder that anybody may have put there: whatever is wrong, the others work
        return Network(key=key, title=key, model=model, problem=str(error) or repr(error))
    return Network(
        key=key,
        title=opened.name or key,
        model=model,
        warning=str(opened.card.get("warning") or ""),
        remark=opened.level_remark,
        simulated=bool(opened.card.get("simulated")),
    )


def _unused(name: str, taken: Mapping[str, Network]) -> str:
    """Return a name, numbered if it is taken."""
    names = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _with_different_titles(found: dict[str, Network]) -> dict[str, Network]:
    """Add the key to titles that are there more than once, so that a person can tell them apart."""
    times = Counter(network.title for network in found.values())
    return {
        key: replace(network, title=f"{network.title} ({key})") if times[network.title] > 1 else network
        for key, network in found.items()
    }
