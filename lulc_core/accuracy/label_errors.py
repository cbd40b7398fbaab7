"""How uncertain labels are, as versions of them: by several interpreters, or by a stated rate of errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from lulc_core.accuracy.columns import is_blank, labels, plain_name
from lulc_core.accuracy.csv_text import read_csv
from lulc_core.accuracy.imputation import ImputedAssessment, assess_versions
from lulc_core.counted import counted
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from lulc_core.accuracy.csv_text import Source
    from lulc_core.accuracy.designs import Design, MappedAreas

    Floats = NDArray[np.float64]

VERSIONS = 20
"""Versions that are drawn: they add 1/20 to what labelling adds."""
BURN_IN, APART = 100, 10
"""Steps of the sampler before the first version, and between two of them."""
INDEPENDENT = (
    "Interpreters are taken to err independently of the map, given the true class. Where they err at the same pixels "
    "as the map, accuracies are too high."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelErrors:
    """How often an interpreter gives each label, by the true class."""

    classes: tuple[str, ...]
    """Class names."""
    given: tuple[tuple[float, ...], ...]
    """Shares of the labels (columns) of each true class (rows), summing to 1; or counts of a check."""
    counted: bool = False
    """Whether `given` counts units that were checked, so that the shares are themselves uncertain."""

    @classmethod
    def at_rate(cls, rate: float, classes: Sequence[str]) -> Self:
        """Return errors at one rate for all classes, 0-1, that are spread evenly over the other classes.

        Raises
        ------
        InvalidInputError
            For a rate that leaves a wrong label as likely as the right one, and for fewer than two classes.
        """
        K = len(classes)
        if K < 2 or not 0 < rate < (K - 1) / K:
            raise InvalidInputError(
                f"A rate of label errors of {K} classes lies between 0 and {max(K - 1, 1) / max(K, 2):.2f}; got {rate}."
            )
        wrong = rate / (K - 1)
        return cls(
            classes=tuple(classes),
            given=tuple(tuple(1 - rate if i == j else wrong for j in range(K)) for i in range(K)),
        )

    @classmethod
    def of_checks(cls, checks: pd.DataFrame, classes: Sequence[str]) -> Self:
        """Return errors as a check of labels found them.

        Parameters
        ----------
        checks
            Columns ``label``, ``truth`` and, if a row stands for several units, ``count``.
        classes
            Classes of the sample, which the check must have seen as truth.

        Raises
        ------
        InvalidInputError
            For a missing column, counts that are none, and classes that were not checked.
        """
        for name in ("label", "truth"):
            if name not in checks.columns:
                raise InvalidInputError(f"Checks of labels need the columns label,truth[,count]; {name!r} is missing.")
        numbers = pd.to_numeric(checks["count"], errors="coerce") if "count" in checks else pd.Series(1.0, checks.index)
        if not ((numbers >= 0) & (numbers < np.inf)).all():
            raise InvalidInputError("Column 'count' of the checks holds how many units a row stands for, numbers >= 0.")
        pairs = pd.DataFrame({name: labels(checks, name).astype(object) for name in ("truth", "label")})
        every = [*classes, *sorted({*pairs["truth"], *pairs["label"]} - {*classes})]
        table = pairs.assign(n=numbers.to_numpy(float)).groupby(["truth", "label"])["n"].sum().unstack()
        table = table.reindex(index=every, columns=every).fillna(0.0)
        unseen = [name for name in every if not table.loc[name].sum()]
        if unseen:
            raise InvalidInputError(f"No checked unit is truly {', '.join(unseen)}: check labels of every class.")
        given = tuple(tuple(map(float, row)) for row in table.to_numpy())
        return cls(classes=tuple(every), given=given, counted=True)

    def drawn(self, rng: np.random.Generator) -> Floats:
        """Return the shares of labels by true class, those that a check leaves possible drawn anew."""
        counts = np.array(self.given)
        parts = rng.standard_gamma(counts) if self.counted else counts
        parts = np.where(parts.sum(1, keepdims=True) > 0, parts, counts)
        return np.asarray(parts / parts.sum(1, keepdims=True))


def read_checks(source: Source) -> pd.DataFrame:
    r"""Read a check of labels: what an expert, or a visit, found to be the truth of labelled units.

    Parameters
    ----------
    source
        CSV, or an open text file: columns ``label,truth`` and, if a row stands for several units, ``count``.

    Returns
    -------
    pandas.DataFrame
        Text.

    Raises
    ------
    InvalidInputError
        For a file that cannot be read.

    Examples
    --------
    >>> import io
    >>> read_checks(io.StringIO("label,truth,count\ntrees,trees,9\ntrees,scrub,1\n"))["count"].tolist()
    ['9', '1']
    """
    cells = read_csv(source, "label,truth,count").cells
    return cells.rename(columns={name: str(name).casefold() for name in cells.columns})


def assess_interpreters(
    sample: pd.DataFrame,
    interpreters: Sequence[str],
    mapped: xr.Dataset | MappedAreas | Mapping[str, float] | None = None,
    *,
    design: Design | None = None,
    pixel_ha: float | None = None,
    seed: int = 0,
) -> ImputedAssessment:
    """Assess a map with the variance between interpreters in the standard errors.

    Each interpreter's labels are one version of the reference, so that what a person tends to see counts as one
    deviation, not as many independent ones. A unit that an interpreter has not labelled gets the label of another,
    drawn at random.

    Parameters
    ----------
    sample
        As in `assess`, ``reference`` being the label agreed on, beside the columns of the interpreters; units of which
        nobody has a label must be left out.
    interpreters
        Columns of labels, two or more; blank where one gave none.
    mapped, design, pixel_ha
        As in `assess`.
    seed
        The same seed fills in the same labels.

    Returns
    -------
    ImputedAssessment

    Raises
    ------
    InvalidInputError
        As `assess`, for fewer than two interpreters, and for a unit that none has labelled.

    References
    ----------
    Rubin 1987; McRoberts et al. 2018, ISPRS Journal of Photogrammetry and Remote Sensing 142, 292-300, on interpreters;
    Stehman et al. 2022, Remote Sensing of Environment 269, 112806, on interpreter variance in areas.

    Examples
    --------
    >>> from lulc_core.accuracy.designs import Design
    >>> sample = pd.DataFrame({"map": list("aabb"), "reference": list("abbb")})
    >>> sample = sample.assign(Ana=list("abbb"), Ben=list("aabb"))
    >>> found = assess_interpreters(sample, ["Ana", "Ben"], design=Design.simple_random(100))
    >>> found.figures["overall", ""].estimate.value
    0.875
    """
    missing = [name for name in interpreters if name not in sample.columns]
    if missing or len(interpreters) < 2:
        raise InvalidInputError(
            f"Two or more columns hold the labels of interpreters; got {list(interpreters)}. The sample has "
            f"{', '.join(map(str, sample.columns))}."
        )
    said = np.array([[_label(value) for value in sample[name]] for name in interpreters], dtype=object)
    blank = np.array([[one is None for one in row] for row in said])
    if blank.all(axis=0).any():
        row = int(np.argmax(blank.all(axis=0))) + 1
        raise InvalidInputError(f"No interpreter labelled the unit of row {row}. Leave it out, and report how many.")
    rng, filled = np.random.default_rng(seed), said.copy()
    for person, unit in zip(*np.nonzero(blank), strict=True):
        filled[person, unit] = rng.choice(said[~blank[:, unit], unit])
    words = f"The labels of {len(interpreters)} interpreters are a version of the reference each"
    drawn = f"; {counted(int(blank.sum()), 'missing label', 'were')} drawn from those of others"
    words += f"{drawn if blank.any() else ''}."
    versions = [pd.Series(row, dtype=object) for row in filled]
    return assess_versions(sample, versions, mapped, design=design, pixel_ha=pixel_ha, model=words)


def assess_label_errors(
    sample: pd.DataFrame,
    errors: LabelErrors,
    mapped: xr.Dataset | MappedAreas | Mapping[str, float] | None = None,
    *,
    design: Design | None = None,
    pixel_ha: float | None = None,
    seed: int = 0,
) -> ImputedAssessment:
    """Assess a map whose reference labels are known to err at some rate: bias and standard errors know it.

    The true classes are drawn given the label and the map's class (data augmentation): with t true, l label and m map,
    ``P(t | l, m)`` is proportional to ``P(l | t) P(t | m)``, of which the first comes from `errors` and the second is
    drawn from its posterior given the last true classes. The assessments of `VERSIONS` draws are combined.

    Parameters
    ----------
    sample, mapped, design, pixel_ha
        As in `assess`.
    errors
        How interpreters err: at a rate, or as a check found.
    seed
        The same seed draws the same classes.

    Returns
    -------
    ImputedAssessment
        Its `model` says what is assumed: that interpreters err independently of the map, given the true class.

    Raises
    ------
    InvalidInputError
        As `assess`, and for labels that `errors` does not know.

    References
    ----------
    Cole, Chu & Greenland 2006, International Journal of Epidemiology 35, 1074-1081; Tanner & Wong 1987, Journal of the
    American Statistical Association 82, 528-540; Foody 2010, Remote Sensing of Environment 114, 2271-2285, on the bias.

    Examples
    --------
    >>> from lulc_core.accuracy.designs import Design
    >>> sample = pd.DataFrame({"map": ["a", "b"] * 50, "reference": ["a"] + ["a", "b"] * 49 + ["b"]})
    >>> errors = LabelErrors.at_rate(0.05, ["a", "b"])
    >>> found = assess_label_errors(sample, errors, design=Design.simple_random(1000))
    >>> found.figures["overall", ""].estimate.value < found.plain.overall.value
    True
    """
    reference, mapping = (labels(sample, name).astype(object) for name in ("reference", "map"))
    place = {name: i for i, name in enumerate(errors.classes)}
    strange = sorted({*reference} - {*place})
    if strange:
        raise InvalidInputError(f"The errors of labels name {list(place)}, but the sample has {strange}, too.")
    label = np.array([place[name] for name in reference])
    group = pd.factorize(mapping)[0]
    drawn = _true_classes(label, group, errors, np.random.default_rng(seed))
    names = np.array(errors.classes, dtype=object)
    versions = [pd.Series(names[each], dtype=object) for each in drawn]
    how = "as a check found" if errors.counted else "at a stated rate, which is itself taken as exact"
    words = f"True classes were drawn {VERSIONS} times for labels that err {how}. {INDEPENDENT}"
    return assess_versions(sample, versions, mapped, design=design, pixel_ha=pixel_ha, model=words, method="further")


def _true_classes(
    label: NDArray[np.intp],
    group: NDArray[np.intp],
    errors: LabelErrors,
    rng: np.random.Generator,
) -> list[NDArray[np.intp]]:
    """Return draws of the true class of each row, by data augmentation."""
    K, G, truth = len(errors.classes), int(group.max()) + 1, label.copy()
    found = []
    for step in range(BURN_IN + APART * VERSIONS):
        shares = errors.drawn(rng)
        counts = np.bincount(group * K + truth, minlength=G * K).reshape(G, K)
        prior = rng.standard_gamma(counts + 1 / K)
        odds = prior[group] * shares.T[label]
        cumulative = odds.cumsum(1)
        truth = (cumulative < rng.random(len(label))[:, None] * cumulative[:, -1:]).sum(1)
        if step >= BURN_IN and (step - BURN_IN) % APART == 0:
            found.append(truth.astype(np.intp))
    return found


def _label(value: object) -> str | None:
    text = "" if value is None or value is pd.NA else plain_name(str(value).strip())
    return None if is_blank(text) else text
