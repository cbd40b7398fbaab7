"""The available networks: the default, and those in the folders of `LULC_MODELS`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

BETTER = (
    "To use a better one, put its folder (model.json and weights) into the folder that the environment variable "
    "LULC_MODELS names, restart the explorer and choose it under “Network”."
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
    problem: str = ""
    """Why it cannot be used; empty if it can."""


def find_networks(
    usual: str, folders: Iterable[Path], card_of: Callable[[str], Mapping[str, Any]]
) -> dict[str, Network]:
    """Return the usual network, then every folder with a ``model.json`` in `folders`, by key.

    Parameters
    ----------
    usual
        Path or name of the network that is used unless another is chosen.
    folders
        Each is a network or holds networks.
    card_of
        Opens a network and returns its card; raises for one that cannot be used.
    """
    cards = [card for folder in folders for card in (folder / "model.json", *sorted(folder.glob("*/model.json")))]
    found: dict[str, Network] = {}
    for model in [usual, *(str(card.parent) for card in cards if card.is_file())]:
        if all(Path(model) != Path(network.model) for network in found.values()):
            key = _unused(Path(model).name, found)
            found[key] = _network(key, model, card_of)
    return _with_different_titles(found)


def _network(key: str, model: str, card_of: Callable[[str], Mapping[str, Any]]) -> Network:
    try:
        card = card_of(model)
    except Exception as error:  # a folder that anybody may have put there: whatever is wrong, the others work
        return Network(key=key, title=key, model=model, problem=str(error) or repr(error))
    return Network(key=key, title=str(card.get("name") or key), model=model, warning=str(card.get("warning") or ""))


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
