"""One name for a class in all columns of a sample: other spellings, and codes of the legend beside its names."""

from __future__ import annotations

import itertools
import re
import unicodedata
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from lulc_core.accuracy.columns import is_blank, plain_name
from lulc_core.legend import LEGEND

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd

LABELS = ("map", "reference", "reference_before", "reference_after")
"""Columns of a sample that hold classes."""
AGREE = 0.5
"""Map and reference must agree in more of the pixels where codes are read by the legend: by another they seldom do."""


_YEAR = re.compile(r"(map|reference)[_ ]?((?:19|20)\d\d)", re.IGNORECASE)
"""A column of labels of one year."""


def year_columns(sample: pd.DataFrame, kind: str = "reference") -> dict[int, str]:
    """Return the columns with the labels of each year, in the order of the years.

    Parameters
    ----------
    sample
        With columns such as ``reference_2018``.
    kind
        ``"reference"`` or ``"map"``.

    Examples
    --------
    >>> import pandas as pd
    >>> year_columns(pd.DataFrame(columns=["reference_2021", "reference_2018", "map_2018"]))
    {2018: 'reference_2018', 2021: 'reference_2021'}
    """
    found = [(match, str(c)) for c in sample.columns if (match := _YEAR.fullmatch(str(c)))]
    return dict(sorted((int(match[2]), column) for match, column in found if match[1].casefold() == kind))


def columns_of_years(sample: pd.DataFrame) -> list[str]:
    """Return all columns with the labels of one year: those of the reference, then those of the map.

    Examples
    --------
    >>> import pandas as pd
    >>> columns_of_years(pd.DataFrame(columns=["map_2018", "reference_2018", "reference_old"]))
    ['reference_2018', 'map_2018']
    """
    return [*year_columns(sample).values(), *year_columns(sample, "map").values()]


def folded(name: str) -> str:
    """Return a name without case, accents, blanks and punctuation.

    Examples
    --------
    >>> folded("Bare  ground"), folded("bare_ground"), folded("Forêt")
    ('bareground', 'bareground', 'foret')
    """
    letters = (c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[\W_]", "", "".join(letters)).casefold() or name


def is_word(name: str) -> bool:
    """Return whether other spellings of a name mean the same: A and a may be two codes, Water and water are not.

    Examples
    --------
    >>> is_word("Bare ground"), is_word("A"), is_word("c 12")
    (True, False, False)
    """
    plain = folded(name)
    return len(plain) > 2 and plain.isalpha()


def in_one_vocabulary(sample: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str], tuple[str, ...]]:
    """Return a sample in which each class has one name, the names that were replaced, and notes that say so.

    Spellings that differ in case, accents, blanks or punctuation are one class if each stands in another column, or if
    they are words: A and a in one column may be two codes. Codes are names of the legend if the other classes are names
    of it, and map and reference then agree in most pixels.

    Parameters
    ----------
    sample
        Text, in columns ``map``, ``reference`` and so on.

    Examples
    --------
    >>> import pandas as pd
    >>> sample, _, notes = in_one_vocabulary(pd.DataFrame({"map": ["Water", "2"], "reference": ["water", "trees"]}))
    >>> sample["map"].tolist()
    ['water', 'trees']
    """
    names = {c: _names(sample[c]) for c in (*LABELS, *columns_of_years(sample), "stratum") if c in sample}
    one = spellings(list(names.values()))
    notes = []
    if one:
        notes.append(f"{_listed(one)}: names that differ in case, accents or punctuation are taken as one class.")
    other = _synonyms([{one.get(n, n) for n in each} for each in names.values()])
    if other:
        notes.append(f"{_listed(other)}: names that the legend of this project takes as one class.")
    one = {name: other.get(to, to) for name, to in one.items()} | other
    columns_of_labels = [{one.get(n, n) for n in names[c]} for c in LABELS if c in names]
    coded = _names_with_codes(columns_of_labels)
    if coded:
        notes.append(f"Codes are read by the numbers that names begin with: {_listed(coded)}.")
    elif coded := _names_of_codes(sample, columns_of_labels, one):
        notes.append(f"Codes are read by the legend of this project: {_listed(coded)}.")
    replaced = one | coded
    strata_are_classes = "stratum" in names and "map" in names and bool((sample["stratum"] == sample["map"]).all())
    columns = [c for c in names if names[c] & {*replaced} and (c != "stratum" or strata_are_classes or not coded)]
    return sample.assign(**{c: spelled(sample[c], replaced) for c in columns}), replaced, tuple(notes)


def spelled(column: pd.Series, replaced: Mapping[str, str]) -> pd.Series:
    """Return a column with names replaced."""
    return column.map({value: replaced.get(plain_name(str(value).strip()), value) for value in column.unique()})


def known_names(names: Sequence[str], known: Mapping[str, str]) -> list[str]:
    """Return names of strata or mapped classes as the sample has them.

    Parameters
    ----------
    names
        Of strata or mapped classes.
    known
        Names in the sample, and other spellings of them, each with the one to use.

    Examples
    --------
    >>> known_names(["Water", "2", "crops"], {"water": "water", "trees": "trees", "2": "trees"})
    ['water', 'trees', 'crops']
    """
    by_fold = {folded(other): name for other, name in known.items()}
    found = [known.get(name, by_fold.get(folded(name), name)) for name in names]
    return found if len({*found}) == len(names) else list(names)


def doubtful_names(mapped: Collection[str], reference: Collection[str], *, change: bool = False) -> tuple[str, ...]:
    """Return notes on classes that may be another class misspelt, or that may mean no class.

    Parameters
    ----------
    mapped, reference
        The classes in each.
    change
        Whether these are the reference of two years.

    Examples
    --------
    >>> doubtful_names(["forest", "water"], ["forrest", "forest", "water"])
    ("Classes 'forest' and 'forrest' are taken as two: is one of them misspelt?",)
    """
    every = sorted({*mapped, *reference})
    plain = {name: folded(name) for name in every}
    one_sided = {*mapped} ^ {*reference}
    alike = [
        (name, other)
        for name, other in itertools.combinations(every, 2)
        if plain[name] == plain[other] or ({name, other} & one_sided and _near(plain[name], plain[other]))
    ]
    notes = [f"Classes {name!r} and {other!r} are taken as two: is one of them misspelt?" for name, other in alike]
    none, misspelt = _none_of(every), set().union(*alike)
    nothing = none if change else [n for n in only_in_reference(mapped, every) if n in none or n not in misspelt]
    if nothing:
        counts = (
            "is taken as a class that is gained and lost"
            if change
            else f"occur{'s' * (len(nothing) == 1)} in the reference only, and every such pixel counts as an error"
        )
        notes.append(
            f"{', '.join(map(repr, nothing))} {counts}. If that means that a pixel could not be labelled, leave out "
            "its rows, and report how many."
        )
    return tuple(notes)


def only_in_reference(mapped: Collection[str], reference: Collection[str]) -> list[str]:
    """Return the names that the map lacks, and that the legend lacks or takes for no class.

    Examples
    --------
    >>> only_in_reference(["water", "trees"], ["water", "grass", "no image", "clouds"])
    ['clouds', 'no image']
    """
    every = sorted({*mapped, *reference})
    none = _none_of(every)
    return [n for n in every if n not in mapped and (n in none or not (LEGEND.find(n) or n.isdecimal()))]


def _none_of(names: Sequence[str]) -> list[str]:
    """Return the names that may mean no class, clouds among them."""
    none = no_classes(names)
    return [name for name in names if name in none or ((found := LEGEND.find(name)) and found.cloud)]


def no_classes(names: Collection[str]) -> list[str]:
    """Return the names that may mean no class: a word for it, or 0 and 255 beside words or other codes.

    Examples
    --------
    >>> no_classes(["0", "water", "trees", "unknown"]), no_classes(["0", "1"])
    (['0', 'unknown'], [])
    """
    others = {*names} - {"0", "255"}
    numbered = bool(others) and sum(name.isdecimal() for name in others) != 1
    return [n for n in names if folded(n) in _NO_CLASS or (n in ("0", "255") and numbered)]


_NO_CLASS = frozenset(
    ("unknown", "unsure", "unclear", "uncertain", "undefined", "unclassified", "unlabelled", "unlabeled", "none")
) | {"notsure", "dontknow", "notvisible", "notinterpretable", "uninterpretable"}


ALIKE = 0.85
"""Share of letters in common above which one name may be another misspelt."""


def _near(name: str, other: str) -> bool:
    """Whether names differ in a letter or two, and in no digit."""
    if min(len(name), len(other)) < 4 or re.findall(r"\d", name) != re.findall(r"\d", other):
        return False
    match = SequenceMatcher(None, name, other, autojunk=False)
    return match.real_quick_ratio() > ALIKE and match.ratio() > ALIKE


def _names(column: pd.Series) -> set[str]:
    return {plain_name(str(name).strip()) for name in column.dropna().unique() if not is_blank(str(name))}


def spellings(columns: Sequence[set[str]]) -> dict[str, str]:
    """Return the other spellings of classes, each with the one to use: the legend's, or else the first column's.

    Parameters
    ----------
    columns
        Names in each.

    Examples
    --------
    >>> spellings([{"trees", "A"}, {"Trees", "A", "a"}])
    {'Trees': 'trees'}
    """
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for names in columns for name in sorted(names)):
        groups.setdefault(folded(name), []).append(name)
    one: dict[str, str] = {}
    for plain, group in groups.items():
        if len(group) > 1 and (is_word(plain) or all(len(names & {*group}) < 2 for names in columns)):
            best = next((name for name in group if name in LEGEND.names), group[0])
            one |= {name: best for name in group if name != best}
    return one


def _synonyms(columns: Sequence[set[str]]) -> dict[str, str]:
    """Return names for classes of the legend that other columns call otherwise, each with the legend's name.

    Two names in one column are two classes.
    """
    groups: dict[str, set[str]] = {}
    for name in set().union(*columns):
        if is_word(name) and (found := LEGEND.find(name)):
            groups.setdefault(found.name, set()).add(name)
    several = {to: group for to, group in groups.items() if all(len(names & group) < 2 for names in columns)}
    return {name: to for to, group in several.items() if len(group) > 1 for name in sorted(group - {to})}


def _names_with_codes(columns: Sequence[set[str]]) -> dict[str, str]:
    """Return the name of each code, where all names begin with theirs, as labels of Stata and ArcGIS do: 3. crops."""
    every = set().union(*columns)
    codes = {name for name in every if name.isdecimal()}
    begun = {name: _NUMBERED.match(name) for name in every - codes}
    named = {plain_name(found[1]): name for name, found in begun.items() if found}
    return {code: named[code] for code in sorted(codes & {*named}, key=int)} if len(named) == len(begun) else {}


_NUMBERED = re.compile(r"([0-9]{1,3})\s*[.:)=_–-]?\s*(?=[^\W\d_])")
"""How a name begins that has its code before it."""


def _names_of_codes(sample: pd.DataFrame, columns: Sequence[set[str]], one: Mapping[str, str]) -> dict[str, str]:
    """Return the name of each code, where the names beside them leave no doubt that the codes are the legend's."""
    every = set().union(*columns)
    codes = {name for name in every if name.isdecimal()}
    named = {found.code: name for name in sorted(every - codes) if (found := LEGEND.find(name))}
    whole = len(named) == len(every - codes) and all(int(code) in LEGEND.codes for code in codes)
    if len(columns) < 2 or not (codes and named and whole):
        return {}
    coded = {code: named.get(int(code), LEGEND[int(code)].name) for code in sorted(codes, key=int)}
    left, right = (spelled(sample[c], {**one, **coded}) for c in LABELS if c in sample)
    return coded if (left == right).mean() > AGREE else {}


def _listed(replaced: Mapping[str, str]) -> str:
    return ", ".join(f"{name!r} is {to!r}" for name, to in list(replaced.items())[:12])
