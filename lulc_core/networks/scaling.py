"""How reflectance becomes the input of a network: ``scaling`` of ``model.json``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import scipy.special

from lulc_core.errors import InvalidInputError
from lulc_core.networks.fields import is_number, one_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from lulc_core.json_types import JsonFields

    Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingKind:
    """One way to turn reflectance into network input: a formula of two parameters."""

    parameters: tuple[str, str]
    """Names of the two parameters in ``model.json``."""
    formula: Callable[[Floats, Floats, Floats], Floats]
    """Scaled input of reflectance (chip, band, y, x) and the two parameters, which broadcast to it."""
    spread: Callable[[Floats, Floats], Floats]
    """What must be positive for the formula to keep different values apart."""
    largest: float = 2
    """No parameter for reflectance lies further from 0."""


def _clip(reflectance: Floats, low: Floats, high: Floats) -> Floats:
    return (np.clip(reflectance, low, high) - low) / (high - low)


def _standardise(reflectance: Floats, mean: Floats, deviation: Floats) -> Floats:
    return (reflectance - mean) / deviation


def _log_percentile_sigmoid(reflectance: Floats, low: Floats, high: Floats) -> Floats:
    logs = np.log1p(np.float32(50) * np.maximum(reflectance, 0))
    return scipy.special.expit(5 * (logs - low) / high - 1).astype(np.float32)


SCALINGS = {
    "clip": ScalingKind(parameters=("low", "high"), formula=_clip, spread=lambda low, high: high - low),
    "standardise": ScalingKind(
        parameters=("mean", "deviation"), formula=_standardise, spread=lambda _, deviation: deviation
    ),
    "log-percentile-sigmoid": ScalingKind(
        parameters=("low", "high"), formula=_log_percentile_sigmoid, spread=lambda _, high: high, largest=6
    ),
}
"""Every kind of scaling, by its name in ``model.json``; see `Scaling`."""


OF_A_SCALING = re.compile(r"(scale|offset|mean|std|sd$|deviation|normali[sz]|standardi|preproc|rescal)", re.IGNORECASE)
"""How fields begin that say how an input is scaled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How reflectance becomes network input.

    ``clip`` is ``(clip(r, low, high) - low) / (high - low)``; ``standardise`` is ``(r - mean) / deviation``;
    ``log-percentile-sigmoid`` is ``sigmoid(5 * (ln(0.005 * DN + 1) - low) / high - 1)`` with ``DN = 10000 * r``,
    the scaling of Dynamic World (Brown et al. 2022).

    Examples
    --------
    >>> scaling = Scaling.read({"kind": "clip", "low": 0, "high": 0.5}, bands=1, source="model.json")
    >>> scaling(np.full((1, 1, 1, 1), 0.25, np.float32)).item()
    0.5
    """

    kind: str
    """One of `SCALINGS`."""
    first: Floats
    """First parameter of the formula: shape () or (band,)."""
    second: Floats
    """Second parameter of the formula: shape () or (band,)."""

    @classmethod
    def read(cls, fields: JsonFields, bands: int, source: str) -> Self:
        """Read the ``scaling`` of a ``model.json``; raises `InvalidInputError` if it is wrong."""
        name = one_of(tuple(SCALINGS), fields.get("kind"), "scaling.kind", source)
        kind = SCALINGS[name]
        others = {parameter for other in SCALINGS.values() for parameter in other.parameters} - {*kind.parameters}
        if foreign := sorted(f for f in {*fields} - {*kind.parameters} if f in others or OF_A_SCALING.match(f)):
            raise InvalidInputError(
                f"{source}: scaling.kind {name!r} has the parameters {' and '.join(kind.parameters)}, but "
                f"{', '.join(foreign)} is given, too. Correct the kind, or remove what does not belong to it."
            )
        first, second = (_read_parameter(fields, parameter, bands, source) for parameter in kind.parameters)
        if max(np.abs(first).max(), np.abs(second).max()) > kind.largest:
            raise InvalidInputError(
                f"{source}: {name} scales reflectance, which lies within 0-1, so that its parameters lie within "
                f"{kind.largest:g} of 0; got {shown(dict(fields))}. Divide parameters for digital numbers by "
                "10 000; those of log-percentile-sigmoid are logarithms."
            )
        if not (kind.spread(first, second) > 0).all():
            raise InvalidInputError(
                f"{source}: the scaling must spread the values: clip needs high > low, standardise a deviation > 0, "
                f"log-percentile-sigmoid a high > 0; got {shown(dict(fields))}."
            )
        return cls(kind=name, first=first, second=second)

    def __call__(self, reflectance: Floats) -> Floats:
        """Return network input, float32, of reflectance (chip, band, y, x), float32, unitless."""
        first, second = (parameter[..., None, None] for parameter in (self.first, self.second))
        return SCALINGS[self.kind].formula(reflectance, first, second)


def _read_parameter(fields: JsonFields, name: str, bands: int, source: str) -> Floats:
    """Return one number, shape (), or one for each band, shape (band,)."""
    stated = fields.get(name)
    numbers = stated if isinstance(stated, list) and len(stated) == bands else [stated]
    if not all(map(is_number, numbers)):
        raise InvalidInputError(
            f"{source}: scaling.{name} must be one number or {bands}, one per band; got {shown(stated)}."
        )
    return np.array(stated, np.float32)
