"""Whether OpenVINO computes a network right: its answer to a chip that looks real, beside that of ONNX Runtime."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import io
import json
import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import platformdirs
import scipy.ndimage

from lulc_core.counted import percent
from lulc_core.errors import InvalidInputError
from lulc_core.legend import NO_DATA
from lulc_core.networks import openvino_graph, trial
from lulc_core.networks.protocol import digest
from lulc_core.untrusted import read_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from lulc_core.networks.card import ModelCard
    from lulc_core.networks.onnx_network import OnnxNetwork

_log = logging.getLogger(__name__)
LEAST_ALIKE = 0.999
"""Share of labels that float32 must have in common with ONNX Runtime."""
MOST_OFF = 0.01
"""Most that an output may differ in float32, in standard deviations of all outputs."""
MOST_BY_BF16 = 0.01
"""bf16 is used unasked if fewer labels than this share differ from float32."""
SIDE = 192
"""Least height and width of the chip, px."""
WALL_S = 120
"""Most seconds to wait for OpenVINO, on a crowded machine, too."""
_FORMAT = 2
"""Version of the verdicts: raise it when what is tried, or how, changes."""
BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
SPECTRA = (
    (0.07, 0.06, 0.05, 0.04, 0.04, 0.03, 0.03, 0.03, 0.03, 0.02, 0.02, 0.01),  # water
    (0.02, 0.02, 0.04, 0.02, 0.07, 0.19, 0.23, 0.25, 0.27, 0.28, 0.13, 0.06),  # trees
    (0.04, 0.05, 0.08, 0.06, 0.13, 0.30, 0.36, 0.38, 0.40, 0.41, 0.23, 0.13),  # grass and crops
    (0.08, 0.10, 0.14, 0.18, 0.21, 0.23, 0.25, 0.27, 0.29, 0.30, 0.36, 0.30),  # bare soil
    (0.10, 0.12, 0.15, 0.17, 0.19, 0.21, 0.22, 0.24, 0.25, 0.25, 0.26, 0.23),  # built area
    (0.60, 0.60, 0.58, 0.57, 0.58, 0.59, 0.60, 0.61, 0.61, 0.60, 0.35, 0.25),  # cloud
)
"""About what Sentinel-2 sees of six surfaces, reflectance in each of `BANDS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of the comparison of a network's answers."""

    wrong: str = ""
    """Why OpenVINO must not run it; empty if it may."""
    by_bf16: float | None = None
    """Share of labels that bf16 changes; None if the processor has no bf16, or nothing is to be run."""

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return a verdict that was kept; None if there is none, or the file holds something else."""
        try:
            wrong, share = (fields := read_json(path))["wrong"], fields["by_bf16"]
        except (InvalidInputError, KeyError, TypeError):
            return None
        right = isinstance(wrong, str) and (share is None or (isinstance(share, int | float) and 0 <= share <= 1))
        return cls(wrong=wrong, by_bf16=share) if right and len(fields) == 2 else None

    def keep(self, path: Path) -> None:
        """Keep it, if that is possible."""
        part = path.with_name(f"{path.stem}.{os.getpid()}.part")
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(dataclasses.asdict(self)))
            part.replace(path)


def verdict_on(network: OnnxNetwork, card: ModelCard) -> Verdict:
    """Return whether OpenVINO runs a network right: found before by this library on this processor, or found now."""
    scaled = card.scaling(real_looking_chip(card.bands, _size(network, card)))
    path = kept_in() / f"{_key(network, card, scaled)}.json"
    if (known := Verdict.read(path)) is not None:
        _log.info("%s: whether OpenVINO computes it right is known of an earlier run", card.name)
        return known
    _log.info("%s: comparing OpenVINO with ONNX Runtime", card.name)
    verdict, final = _compare(network, card, scaled)
    if final:
        verdict.keep(path)
    return verdict


def kept_in() -> Path:
    """Return the folder of the verdicts."""
    return platformdirs.user_cache_path("lulc-explorer", appauthor=False) / "networks"


@functools.lru_cache(maxsize=4)  # it takes longer than all else when a small network is opened again
def real_looking_chip(bands: tuple[str, ...], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return reflectance (1, band, y, x) of fields, woods, water, soil, houses, clouds and haze; always the same.

    Examples
    --------
    >>> chip = real_looking_chip(("B04", "B08"), (64, 48))
    >>> chip.shape, bool(0 < chip.min() < chip.max() < 1)
    ((1, 2, 64, 48), True)
    """
    random = np.random.default_rng(0)

    def field(sigma: float) -> NDArray[np.float64]:
        smooth = scipy.ndimage.gaussian_filter(random.normal(size=size), sigma)
        return smooth / smooth.std()

    surface = np.argmax([field(6) for _ in SPECTRA], axis=0)
    shares = [scipy.ndimage.gaussian_filter((surface == i).astype(float), 0.7) for i in range(len(SPECTRA))]
    spectra = np.array(SPECTRA)[:, [BANDS.index(band if band in BANDS else "B08") for band in bands]]
    ground = np.einsum("sb,syx->byx", spectra, shares) * (1 + 0.1 * field(2))
    haze = np.clip(field(12), 0, 2) / 2
    seen = ground * (1 - haze) + spectra[-1][:, None, None] * haze
    chip = np.maximum(seen + random.normal(0, 0.004, seen.shape), 0.001).astype(np.float32)[None]
    chip.flags.writeable = False
    return chip


def _size(network: OnnxNetwork, card: ModelCard) -> tuple[int, int]:
    side = network.side or -(-SIDE // (2 * card.multiple)) * 2 * card.multiple  # even: halved without a remainder
    return side, side


def _key(network: OnnxNetwork, card: ModelCard, scaled: NDArray[np.float32]) -> str:
    """Return a name for all that a verdict depends on."""
    beside = [path for path in sorted(network.path.parent.iterdir()) if path.is_file() and path.suffix != ".json"]
    parts = [
        _FORMAT,
        digest(network.path),
        [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in beside if path != network.path],
        [network.given, network.layouts, card.codes],
        hashlib.sha256(scaled.tobytes()).hexdigest(),
        [openvino_graph.library().__version__, *openvino_graph.processor()],
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _compare(network: OnnxNetwork, card: ModelCard, scaled: NDArray[np.float32]) -> tuple[Verdict, bool]:
    """Return the verdict, and whether it would be the same another time."""
    wanted = {"bands": len(card.bands), "layouts": network.layouts, "given": network.given}
    script = ["-m", openvino_graph.__name__, str(network.path), json.dumps(wanted)]
    answer = trial.asked(script, scaled, WALL_S)
    if answer.wrong:
        return Verdict(wrong=f"OpenVINO does not run it: {answer.wrong}"), answer.final
    try:  # it has no loops, or OpenVINO would not have answered
        right, answers = network(scaled)[0], np.load(io.BytesIO(answer.given))
    except (InvalidInputError, ValueError) as error:  # ValueError: something else was written, too
        return Verdict(wrong=f"its answers cannot be compared: {error}"), False
    return judge(right, answers, card.codes), True


def judge(right: NDArray[np.float32], answers: NDArray[np.float32], codes: Sequence[int]) -> Verdict:
    """Compare the answers (precision, output, y, x) with the right one (output, y, x): float32, then perhaps bf16.

    Examples
    --------
    >>> right = np.random.default_rng(0).normal(size=(3, 50, 50)).astype(np.float32)
    >>> judge(right, right[None], [1, 2, 5])
    Verdict(wrong='', by_bf16=None)
    >>> judge(right, right[None, ::-1], [1, 2, 5]).wrong
    "OpenVINO's labels agree with ONNX Runtime's on 33.9 % of a chip"
    """
    if answers.shape[1:] != right.shape or not np.isfinite(answers).all():
        return Verdict(wrong=f"OpenVINO gives shape {answers.shape[1:]}, or values that are not finite")
    known = [i for i, code in enumerate(codes) if code != NO_DATA]
    labels, (exact, *halves) = right[known].argmax(axis=0), answers[:, known].argmax(axis=1)
    alike, off = (exact == labels).mean(), np.abs(answers[0] - right).max()
    if alike < LEAST_ALIKE:
        return Verdict(wrong=f"OpenVINO's labels agree with ONNX Runtime's on {percent(alike, 1)} of a chip")
    if off > MOST_OFF * right.std():
        return Verdict(wrong=f"OpenVINO's outputs differ from ONNX Runtime's by up to {off:.2g}")
    return Verdict(by_bf16=float((halves[0] != exact).mean()) if halves else None)
