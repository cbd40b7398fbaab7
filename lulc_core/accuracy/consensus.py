"""The consensus of several interpreters, and what dropping their disagreements could have hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.assessment import assess
from lulc_core.accuracy.columns import is_blank, labels, plain_name
from lulc_core.accuracy.vocabulary import folded, spellings
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from lulc_core.accuracy.designs import Design
    from lulc_core.accuracy.report import Assessment

RULES: dict[str, Callable[[NDArray[np.int64], int], NDArray[np.bool_]]] = {
    "strict": lambda votes, interpreters: votes == interpreters,
    "majority": lambda votes, interpreters: votes * 2 > interpreters,
    "adjudicated": lambda votes, interpreters: votes == interpreters,
}
"""Whether a pixel has a consensus, by the votes for its most frequent label and the number of interpreters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consensus:
    """One reference label a pixel, with every raw label kept."""

    rule: str
    """Rule that combined the labels."""
    labels: pd.DataFrame
    """The raw labels, one row per pixel, one column per interpreter; None where one gave none."""
    reference: pd.Series
    """The label agreed on, one a pixel; None where there is none."""

    @property
    def agreed(self) -> pd.Series[bool]:
        """Whether a pixel has a consensus."""
        return self.reference.notna()

    @property
    def agreement(self) -> pd.DataFrame:
        """How well the interpreters agree on each class, one row per class.

        Columns: ``any`` and ``all``, how many pixels any and every interpreter gave the class; ``share``, all
        over any, 0-1; ``reference``, how many pixels the consensus gives it.
        """
        rows = {}
        for name in sorted(set(self.labels.stack())):
            said = self.labels == name
            anyone, everyone = int(said.any(axis=1).sum()), int(said.all(axis=1).sum())
            agreed = int((self.reference == name).sum())
            rows[name] = {"any": anyone, "all": everyone, "share": everyone / anyone, "reference": agreed}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("class")

    def to_frame(self) -> pd.DataFrame:
        """Return the labels of each interpreter beside the reference agreed on, one row per pixel."""
        return self.labels.assign(reference=self.reference)

    def _repr_html_(self) -> str:
        head = f"{int(self.agreed.sum()):,} of {len(self.labels):,} pixels have a consensus ({self.rule})"
        return f"<p>{head}</p>{self.agreement.to_html()}"


def consensus(labels: pd.DataFrame, rule: str = "strict", *, adjudicated: pd.Series | None = None) -> Consensus:
    """Combine the labels of several interpreters.

    Parameters
    ----------
    labels
        Class names, one row per pixel, one column per interpreter; blank or missing where one gave none. Spellings
        that differ in case, accents, blanks or punctuation are one class, as in `assess`.
    rule
        ``"strict"``: all interpreters say the same, as in Karra et al. 2021 (three of three); ``"majority"``:
        more than half of them do; ``"adjudicated"``: all do, or else the adjudicator decides.
    adjudicated
        The adjudicator's labels, with the index of `labels`, of all pixels in dispute at least; blank where nothing was
        decided.

    Returns
    -------
    Consensus

    Raises
    ------
    InvalidInputError
        For fewer than two interpreters, columns of a sample that are no interpreter's, such as ``map``, or an
        adjudicator that is missing, not asked for, or of other pixels.

    Examples
    --------
    >>> labels = pd.DataFrame({"one": ["a", "a"], "two": ["a", "b"], "three": ["a", "b"]})
    >>> consensus(labels).reference.tolist()
    ['a', None]
    >>> consensus(labels, "majority").reference.tolist()
    ['a', 'b']
    """
    if labels.shape[1] < 2:
        raise InvalidInputError(f"A consensus needs two or more interpreters; got {list(labels.columns)}.")
    if rule not in RULES:
        raise InvalidInputError(f"The rule must be one of {', '.join(RULES)}; got {rule!r}.")
    if (rule == "adjudicated") != (adjudicated is not None):
        raise InvalidInputError("The rule 'adjudicated' needs the adjudicator's labels, and no other rule takes them.")
    _refuse_others(labels)
    raw = labels.apply(_tidy)
    given = [*(raw[column] for column in raw), *([] if adjudicated is None else [_tidy(adjudicated)])]
    one = spellings([{*column.dropna()} for column in given])
    raw = raw.apply(_respelled, one=one)
    counts = [row.dropna().value_counts() for _, row in raw.iterrows()]
    votes = np.array([count.max() if len(count) else 0 for count in counts])
    enough = RULES[rule](votes, raw.shape[1])
    reference = pd.Series(
        [count.index[0] if ok else None for count, ok in zip(counts, enough, strict=True)],
        index=raw.index,
        dtype=object,
        name="reference",
    )
    if adjudicated is not None:
        _refuse_other_pixels(adjudicated, reference[np.array([bool(len(count)) for count in counts], bool)], raw.index)
        decided = _respelled(_tidy(adjudicated.reindex(raw.index)), one)
        reference = reference.where(reference.notna(), decided)
    return Consensus(rule=rule, labels=raw, reference=reference)


_NOT_LABELS = frozenset(
    (
        *(
            "map",
            "mapped",
            "reference",
            "stratum",
            "stratumsize",
            "inclusionprobability",
            "cluster",
            "pixels",
            "weight",
        ),
        *("id", "plotid", "lon", "lat", "longitude", "latitude", "unnamed0"),
    )
)
"""Columns of a sample that are no interpreter's, as `folded` writes them."""


def _refuse_others(labels: pd.DataFrame) -> None:
    """Raise `InvalidInputError` for columns of a sample that are no interpreter's."""
    others = [
        str(name)
        for name, column in labels.items()
        if folded(str(name)) in _NOT_LABELS or (str(name) in ("x", "y") and pd.api.types.is_numeric_dtype(column))
    ]
    if others:
        raise InvalidInputError(
            f"Every column is an interpreter's; got {', '.join(map(str, labels.columns))}, among them "
            f"{', '.join(others)}. Give the interpreters' columns only: sample[[...]]."
        )


def _refuse_other_pixels(adjudicated: pd.Series, labelled: pd.Series, pixels: pd.Index) -> None:
    """Raise `InvalidInputError` unless an adjudicator's rows are those of pixels, and of all that are in dispute."""
    index, dispute = adjudicated.index, labelled.index[labelled.isna()]
    strange, missing = index.difference(pixels), dispute.difference(index)
    if len(strange) or len(missing) or index.has_duplicates or pixels.has_duplicates:
        raise InvalidInputError(
            "The adjudicator's labels need the index of the interpreters' labels, each once, and a row for every pixel "
            f"in dispute, blank where nothing was decided; got {len(strange)} of other pixels {list(strange[:3])}, and "
            f"none for {len(missing)} in dispute {list(missing[:3])}."
        )


def disagreement_bounds(sample: pd.DataFrame, joined: Consensus, *, design: Design | None = None) -> pd.DataFrame:
    """Bound the effect of leaving out the pixels without a consensus.

    Each such pixel is given, once in favour of a figure and once against it, one of the labels that its
    interpreters gave (any class, if they gave none). These are bounds of the estimate, not an interval: sampling
    error comes on top (Manski 2003, on partial identification).

    Parameters
    ----------
    sample
        The sample as in `assess`, with the rows of `joined` and without ``reference``.
    joined
        The consensus of its interpreters.
    design
        As in `assess`.

    Returns
    -------
    pandas.DataFrame
        One row per figure and class: ``figure``, ``class`` ("" for overall), ``dropped`` (the estimate if the
        pixels are left out), ``low``, ``high``; NaN where undefined.

    Raises
    ------
    InvalidInputError
        If the rows differ, or no pixel has a consensus.

    Examples
    --------
    >>> from lulc_core.accuracy.designs import Design
    >>> labels = pd.DataFrame({"one": list("aabb"), "two": list("abbb")})
    >>> sample = pd.DataFrame({"map": list("aabb")})
    >>> bounds = disagreement_bounds(sample, consensus(labels), design=Design.simple_random(100))
    >>> bounds.loc[0, ["dropped", "low", "high"]].astype(float).round(2).tolist()
    [1.0, 0.75, 1.0]
    """
    if not sample.index.equals(joined.labels.index):
        raise InvalidInputError("The sample and the interpreters' labels must have the same rows (index).")
    if not joined.agreed.any():
        raise InvalidInputError("No pixel has a consensus, so no figure can be bounded.")
    sample = sample.assign(map=labels(sample, "map").to_numpy())
    kept = assess(sample[joined.agreed].assign(reference=joined.reference[joined.agreed]), design=design)
    said = {label for row in joined.labels.to_numpy() for label in row if isinstance(label, str)}
    names = (*kept.classes, *sorted((said | set(sample["map"])) - set(kept.classes)))
    figures = [_OVERALL, *(figure for name in names for figure in _figures(name))]
    return pd.DataFrame([_bounded(figure, sample, joined, kept, design) for figure in figures])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    """A figure that depends on the labels without a consensus."""

    title: str
    name: str
    """The class, or "" for the overall accuracy."""
    read: Callable[[Assessment], float | None]
    raised_by: Callable[[str, str], bool]
    """Tells whether a reference label raises the figure, given the map class."""

    def resolve(self, mapped: str, candidates: list[str], *, high: bool) -> str:
        """Return the candidate that raises, or lowers, the figure, if there is one."""
        fitting = [label for label in candidates if self.raised_by(mapped, label) == high]
        return (fitting or candidates)[0]


_OVERALL = _Figure(
    title="overall accuracy", name="", read=lambda r: r.overall.value, raised_by=lambda mapped, label: label == mapped
)


def _figures(name: str) -> list[_Figure]:
    """Return the figures of a class; a label of it raises its producer's accuracy only where it is also mapped."""
    return [
        _Figure(
            title="user's accuracy",
            name=name,
            read=lambda r: r.users[name].value if name in r.users else None,
            raised_by=lambda mapped, label: label == mapped,
        ),
        _Figure(
            title="producer's accuracy",
            name=name,
            read=lambda r: r.producers[name].value if name in r.producers else None,
            raised_by=lambda mapped, label: (label == name) == (mapped == name),
        ),
        _Figure(
            title="area",
            name=name,
            read=lambda r: r.area[name].proportion.value if name in r.area else 0.0,
            raised_by=lambda mapped, label: label == name,
        ),
    ]


def _bounded(
    figure: _Figure, sample: pd.DataFrame, joined: Consensus, kept: Assessment, design: Design | None
) -> dict[str, object]:
    """Return a figure without the open pixels, and its bounds with them."""
    ends = []
    for high in (False, True):
        reference = [
            agreed if isinstance(agreed, str) else figure.resolve(mapped, _candidates(said, kept), high=high)
            for mapped, agreed, said in zip(sample["map"], joined.reference, joined.labels.to_numpy(), strict=True)
        ]
        value = figure.read(assess(sample.assign(reference=reference), design=design))
        ends.append(np.nan if value is None else value)
    value = figure.read(kept)
    dropped = np.nan if value is None else value
    return {"figure": figure.title, "class": figure.name, "dropped": dropped, "low": min(ends), "high": max(ends)}


def _candidates(said: np.ndarray, kept: Assessment) -> list[str]:
    """Return the labels that the interpreters of a pixel gave; every class if they gave none."""
    return [label for label in dict.fromkeys(said) if isinstance(label, str)] or list(kept.classes)


def _tidy(column: pd.Series) -> pd.Series:
    """Class names as `labels` writes them, None where blank."""
    text = column.astype("string").str.strip().map(plain_name, na_action="ignore")
    return text.astype(object).where(~text.map(is_blank, na_action="ignore").fillna(True).astype(bool), None)


def _respelled(column: pd.Series, one: Mapping[str, str]) -> pd.Series:
    """Return a column of `_tidy` with one spelling for each class."""
    return pd.Series([one.get(name, name) for name in column], column.index, dtype=object)
