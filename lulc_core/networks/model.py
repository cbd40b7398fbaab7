"""A network with all that it takes to use it: bands, scaling, legend. One interface for every format.

A model is a folder with a ``model.json`` and the weights beside it, in one or more of the formats of
`lulc_core.networks.runtimes`. Nothing is unpickled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Self

import numpy as np
import scipy.special

from lulc_core.errors import InvalidInputError
from lulc_core.legend import NO_DATA, Legend
from lulc_core.networks.card import BRIGHTEST, CARD, LEAST_PX, ModelCard, level_remark, trial_chip, trial_size
from lulc_core.networks.folders import SHIPPED, find_network
from lulc_core.networks.runtimes import RUNTIMES, Runtime, choose_runtime

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from lulc_core.json_types import JsonFields
    from lulc_core.networks.protocol import Network
    from lulc_core.networks.scaling import Scaling

TINY = np.finfo(np.float32).tiny
SAME = 0.05
"""One network differs from itself in another format by less of its outputs' standard deviation: half precision."""
LEAST_CHANGE = 0.2
"""The odds of some class, natural logarithm, change by more between dark and bright: by 2 and more in real networks."""
TOLERANCE = 0.02
"""Probabilities may miss their sum of one by this: what half precision leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A land-cover network and the meaning of its input and output."""

    name: str
    """Short name for reports and screens."""
    bands: tuple[str, ...]
    """Asset keys of the bands it takes, in order."""
    legend: Legend = field(repr=False)
    """The classes of its probabilities, in order, each with the weight in the mode that suits this network:
    ``weights`` of ``model.json``, 1 for a class without one."""
    codes: tuple[int, ...]
    """Legend code of each network output; 0 (no data) for an output without a class."""
    scaling: Scaling = field(repr=False)
    """From reflectance to network input."""
    output_kind: str
    """``"logits"`` or ``"probabilities"``."""
    multiple: int
    """Height and width of its input must be multiples of this."""
    side: int | None = None
    """Height and width of every input, px, if the network takes one size only; else None."""
    runtime: str
    """Library that runs it: the name of one of `RUNTIMES`."""
    precision: str = "float32"
    """In which it computes: one of `PRECISIONS`."""
    remark: str = ""
    """Why no faster library runs it, or not in a faster precision; empty if there is nothing to say."""
    network: Network = field(repr=False)
    """The network itself."""
    other_level: str = ""
    """The product level that it was made for, if that is not L2A, surface reflectance; else empty."""
    other_names: Mapping[str, str] = field(default_factory=dict)
    """Names of its classes that the legend does not know, each with the class of the legend that its code says."""
    card: JsonFields = field(repr=False)
    """The whole of ``model.json``."""
    weights: Path | None = field(default=None, repr=False)
    """File that it was opened from; None if it was put together by hand."""

    @classmethod
    def open(cls, model: str | os.PathLike[str], *, runtime: str | None = None, precision: str | None = None) -> Self:
        """Open a model by the name of an installed one, or by its folder, weights or ``model.json``.

        Parameters
        ----------
        model
            Name or path.
        runtime
            Library to run it with: the name of one of `RUNTIMES`. By default the fastest that is installed, for whose
            format the model has weights, and which computes the same as ONNX Runtime.
        precision
            ``"float32"`` or ``"bf16"``; by default bf16 where the processor has it and it hardly changes a label.

        Raises
        ------
        NotFoundError
            If there is no such model.
        InvalidInputError
            If ``model.json`` lacks something, the weights are not what it says, or it cannot be run as asked for.
        LulcError
            If the library that it needs is not installed.

        Examples
        --------
        >>> Model.open("unet-simulated", runtime="onnxruntime").bands
        ('B04', 'B03', 'B02', 'B08', 'B11', 'B12')
        """
        card = ModelCard.read(find_network(model))
        chosen = choose_runtime(card, runtime, precision)
        weights = card.folder / chosen.weights
        network = chosen.open(weights, card, precision)
        opened = cls(
            name=card.name,
            bands=card.bands,
            legend=card.legend,
            codes=card.codes,
            scaling=card.scaling,
            output_kind=card.output_kind,
            multiple=card.multiple,
            side=network.side,
            runtime=network.runtime or chosen.name,
            precision=network.precision,
            remark=network.remark,
            network=network,
            card=card.fields,
            weights=weights,
            other_level=card.other_level,
            other_names=card.other_names,
        )
        for asked, got in ((runtime, opened.runtime), (precision, opened.precision)):
            if asked not in (None, got):
                raise InvalidInputError(f"{card.name} cannot be run by or in {asked}: {opened.remark}. Ask for {got}.")
        opened._try_once(card.folder)
        if not card.folder.is_relative_to(SHIPPED):
            opened._refuse_another(card, chosen)
        return opened

    find = staticmethod(find_network)

    def _refuse_another(self, card: ModelCard, chosen: Runtime) -> None:
        """Refuse a folder whose weights in another format, as far as they can be opened here, are another network."""
        chip = self.scaling(self._trial_chip())
        for other in RUNTIMES:
            if other.format == chosen.format or other.format not in card.formats or not other.installed:
                continue
            mine, theirs = self.network.run(chip), other.open(card.folder / other.weights, card, None).run(chip)
            if np.abs(mine - theirs).mean() > SAME * mine.std():
                raise InvalidInputError(
                    f"{card.folder / chosen.weights} and {card.folder / other.weights} must be one network in two "
                    "formats; they answer the same chip differently. Export one from the other, or name one format "
                    f"only in {CARD}."
                )

    def _try_once(self, folder: Path) -> None:
        """Classify a chip of random reflectances, so that a wrong ``model.json`` shows before any work is done."""
        try:
            self._check_meaning(self._trial_chip())
        except InvalidInputError as error:
            raise InvalidInputError(f"The network in {folder} is not what its {CARD} says: {error}") from error

    def _trial_chip(self) -> NDArray[np.float32]:
        """Return random reflectances of a size that the network takes."""
        size = (self.side, self.side) if self.side else trial_size(self.multiple)
        return trial_chip(len(self.bands), size)

    def _check_meaning(self, chip: NDArray[np.float32]) -> None:
        """Raise `InvalidInputError` unless what goes in and what comes out is what the card says."""
        scaled = self.scaling(chip)
        if (np.ptp(scaled, axis=(0, 2, 3)) == 0).any():
            raise InvalidInputError(
                f"in a band at least, the scaling turns all reflectances from 0 to {BRIGHTEST} into one value. "
                "Correct the scaling."
            )
        raw = self.network.run(scaled)
        if (np.ptp(raw, axis=(0, 2, 3)) == 0).all():
            raise InvalidInputError("it answers the same whatever it sees. Put the right weights there.")
        if self.output_kind == "logits" and _are_shares(raw):
            raise InvalidInputError(
                f"its outputs, from {raw.min():.3g} to {raw.max():.3g}, are shares, not logits. Write "
                '"probabilities" for output.kind if they sum to one, or export the network without its last layer.'
            )
        if self.output_kind == "logits" and raw.min() >= 0 and _are_probabilities(np.exp(-raw)):
            raise InvalidInputError(
                "its outputs are minus the logarithms of probabilities, lowest for the likeliest class, not logits. "
                "Export the network without what turns the sign."
            )
        self.probabilities(chip)

    def hardly_differs(self) -> bool:
        """Return whether the network answers nearly the same whatever it sees: little of it has been learned, or used.

        Examples
        --------
        >>> Model.open("unet-simulated").hardly_differs()
        False
        """
        chip = self._trial_chip()
        raw = self.network.run(self.scaling(chip))
        if not self._alike(raw):
            return False
        others = [self.network.run(self.scaling(np.full_like(chip, grey))) for grey in (0, BRIGHTEST)]
        return self._alike(np.concatenate([raw, *others]))

    def _alike(self, raw: NDArray[np.float32]) -> bool:
        """Whether the odds of each class, from outputs (chip, output, y, x), are nearly the same everywhere."""
        odds = raw if self.output_kind == "logits" else np.log(np.maximum(raw, TINY))
        if raw.shape[1] > 1:
            with np.errstate(invalid="ignore"):  # what is not finite is refused later
                odds = odds - odds.mean(axis=1, keepdims=True)
        return bool(np.ptp(odds, axis=(0, 2, 3)).max() < LEAST_CHANGE)

    def window(self, chip: int, overlap: int) -> tuple[int, int]:
        """Return the chip edge and overlap to use (px): a network of one size takes chips of its own only.

        Examples
        --------
        >>> Model.open("unet-simulated").window(500, 100)
        (500, 100)
        """
        if self.side is None:
            return chip, overlap
        return self.side, min(overlap * self.side // max(chip, self.side), self.side - self.multiple)

    @property
    def least(self) -> int:
        """Height and width that smaller chips are padded to, px."""
        return self.side or LEAST_PX

    @property
    def level_remark(self) -> str:
        """What a reader of its maps should know of the product level that it was made for; empty if nothing."""
        return level_remark(self.name, self.other_level)

    @property
    def has_cloud_class(self) -> bool:
        """Whether one of its classes is cloud."""
        return any(c.cloud for c in self.legend if c.code in self.codes)

    def _repr_html_(self) -> str:
        classes = ", ".join(c.name for c in self.legend if c.code in self.codes)
        rows = {"bands": ", ".join(self.bands), "classes": classes, "runs by": f"{self.runtime}, {self.precision}"}
        if self.other_level:
            rows["made for"] = self.other_level
        if warning := self.card.get("warning"):
            rows["warning"] = str(warning)
        cells = "".join(f"<tr><th>{key}</th><td>{escape(value)}</td></tr>" for key, value in rows.items())
        return f"<p><b>{escape(self.name)}</b></p><table>{cells}</table>"

    def probabilities(self, reflectance: NDArray[np.float32]) -> NDArray[np.float32]:
        """Classify chips.

        Parameters
        ----------
        reflectance
            Shape (chip, band, y, x), float32, unitless, without NaN; height and width multiples of
            `multiple`.

        Returns
        -------
        numpy.ndarray
            Shape (chip, class, y, x), float32, in the order of `legend`; they sum to one. Classes that the
            network does not know are 0. Outputs for no data are left out: whether there is data is decided by
            the imagery.

        Raises
        ------
        InvalidInputError
            If the chips have another number of bands or a size that is not a multiple.
        """
        _, bands, height, width = reflectance.shape
        fits = (
            (height, width) == (self.side, self.side)
            if self.side
            else height % self.multiple == width % self.multiple == 0
        )
        if bands != len(self.bands) or not fits:
            sizes = f"of {self.side}" if self.side else f"multiples of {self.multiple}"
            raise InvalidInputError(
                f"{self.name} takes chips of {len(self.bands)} bands ({', '.join(self.bands)}) with height and "
                f"width {sizes}; got shape {reflectance.shape}."
            )
        scaled = self.scaling(reflectance)
        if self.output_kind == "logits" and self.network.shares is not None:
            by_network = self.network.shares(scaled)
            if by_network is not None and np.isfinite(by_network.sum()):
                return by_network
        outputs = [i for i, code in enumerate(self.codes) if code != NO_DATA]
        known = self._normalised(self.network.run(scaled), outputs)
        shares = np.zeros((len(known), len(self.legend), height, width), np.float32)
        for channel, output in enumerate(outputs):
            shares[:, self.legend.places[self.codes[output]]] += known[:, channel]
        return shares

    def _normalised(self, raw: NDArray[np.float32], outputs: list[int]) -> NDArray[np.float32]:
        """Return some outputs, (chip, output, y, x), as probabilities that sum to one."""
        if not np.isfinite(raw).all() or (self.output_kind == "probabilities" and not _are_probabilities(raw)):
            sums = raw.sum(axis=1)
            raise InvalidInputError(
                f"{self.name} gives values that are not {self.output_kind}: from {raw.min()} to {raw.max()}, with sums "
                f"from {sums.min()} to {sums.max()}. Correct output.kind and the scaling in {CARD}, or put the right "
                "weights beside it."
            )
        known = raw[:, outputs]
        if self.output_kind == "logits":
            return scipy.special.softmax(known, axis=1)
        total = known.sum(axis=1, keepdims=True)
        return np.where(total > 0, known / np.maximum(total, TINY), np.float32(1 / len(outputs)))


def _are_shares(raw: NDArray[np.float32]) -> bool:
    """Whether outputs, (chip, output, y, x), come from a softmax or sigmoid, perhaps in per cent: logits do not."""
    sums = raw.sum(axis=1)
    return bool(raw.min() >= 0 and (raw.max() <= 1 or np.ptp(sums) <= TOLERANCE * sums.mean()))


def _are_probabilities(raw: NDArray[np.float32]) -> bool:
    """Whether outputs, (chip, output, y, x), lie within 0-1 and sum to one at every pixel."""
    return bool(raw.min() >= 0 and np.abs(raw.sum(axis=1) - 1).max() <= TOLERANCE)
