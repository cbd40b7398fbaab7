"""The error matrices of Karra et al. 2021, Fig. 3, as printed, and the corrections of their misprints."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lulc_core.audit.printed import PrintedMatrix
from lulc_core.errors import NotFoundError


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A misprint and its correction."""

    region: str
    """The region, as printed."""
    figure: str
    """What is misprinted: ``"cell"`` or ``"producer's accuracy"``."""
    map_class: str
    """Row of a cell; otherwise the class."""
    reference_class: str
    """Column of a cell; otherwise the class."""
    printed: float
    """As printed."""
    corrected: float
    """What follows from the rest of the matrix."""


def printed_matrix(region: str) -> PrintedMatrix:
    """Return one matrix of Fig. 3, as printed.

    Parameters
    ----------
    region
        ``"California"``, ``"Costa Rica"``, ``"Belgium"`` or ``"Laos"``.

    Raises
    ------
    NotFoundError
        For any other region.

    Examples
    --------
    >>> printed_matrix("Laos").cells[4][4]
    0.44338
    """
    for matrix in FIG3:
        if matrix.region == region:
            return matrix
    raise NotFoundError(f"Fig. 3 has no region {region!r}; it has {', '.join(m.region for m in FIG3)}.")


def corrected_matrix(region: str) -> PrintedMatrix:
    """Return one matrix of Fig. 3 with its misprints corrected; areas and intervals stay as printed.

    Raises
    ------
    NotFoundError
        For a region that Fig. 3 does not have.

    Examples
    --------
    >>> corrected_matrix("Laos").cells[4][4]
    0.04338
    """
    matrix = printed_matrix(region)
    cells = [list(row) for row in matrix.cells]
    producers = list(matrix.producers or ())
    for fix in FIG3_CORRECTIONS:
        if fix.region == region:
            i, j = matrix.classes.index(fix.map_class), matrix.classes.index(fix.reference_class)
            if fix.figure == "cell":
                cells[i][j] = fix.corrected
            else:
                producers[j] = fix.corrected
    return replace(matrix, cells=tuple(tuple(row) for row in cells), producers=tuple(producers))


def _matrix(region: str, text: str) -> PrintedMatrix:
    """Read eight rows of cells, then W, p, UA, PA, area, interval and OA."""
    rows = [tuple(float(number) for number in line.split()[1:]) for line in text.strip().splitlines()]
    return PrintedMatrix(
        region=region,
        classes=FIG3_CLASSES,
        cells=tuple(rows[:8]),
        map_share=rows[8],
        reference_share=rows[9],
        users=rows[10],
        producers=rows[11],
        area_ha=rows[12],
        interval_ha=rows[13],
        overall=rows[14][0],
    )


FIG3_CLASSES = ("Water", "Trees", "Grass", "Flooded Veg", "Crops", "Scrub", "Built Area", "Bare")
"""Classes as printed; snow and clouds are not in the figure."""

FIG3_LEGEND_CODES = (1, 2, 3, 4, 5, 6, 7, 8)
"""The codes of these classes in the legend."""

FIG3 = (
    _matrix(
        "California",
        """
Water    0.01195 0.00125 0.00004 0.00020 0.00035 0.00042 0.00018 0.00002
Trees    0.00017 0.19758 0.00079 0.00097 0.00395 0.01290 0.00219 0.00014
Grass    0.00004 0.00036 0.00442 0.00041 0.00358 0.00134 0.00722 0.00012
Flooded  0.00001 0.00004 0.00001 0.00099 0.00043 0.00009 0.00013 0.00001
Crops    0.00005 0.00119 0.00213 0.00017 0.09875 0.00482 0.00129 0.00053
Scrub    0.00034 0.04103 0.01363 0.00157 0.00627 0.45416 0.02716 0.00228
Built    0.00016 0.00005 0.00001 0.00000 0.00032 0.00155 0.05999 0.00054
Bare     0.00067 0.00012 0.00001 0.00009 0.00006 0.01266 0.00018 0.02191
W        0.01440 0.21869 0.01148 0.00172 0.10894 0.54645 0.06263 0.03571
p        0.01338 0.24163 0.02103 0.00441 0.11372 0.48794 0.09235 0.02555
UA       0.82997 0.90349 0.38473 0.57557 0.90650 0.83111 0.95789 0.61359
PA       0.89298 0.81771 0.20998 0.22415 0.86840 0.93078 0.64959 0.85758
area     7903 2167043 9896 310 508039 10934894 237195 37417
interval 1081 10057 5905 2081 4280 14215 8207 2917
OA       0.84975
        """,
    ),
    _matrix(
        "Costa Rica",
        """
Water    0.00673 0.00071 0.00002 0.00011 0.00019 0.00023 0.00010 0.00001
Trees    0.00046 0.53860 0.00214 0.00265 0.01077 0.03515 0.00597 0.00039
Grass    0.00035 0.00302 0.03742 0.00345 0.03034 0.01132 0.01035 0.00102
Flooded  0.00000 0.00002 0.00001 0.00060 0.00026 0.00006 0.00008 0.00001
Crops    0.00003 0.00072 0.00129 0.00010 0.05960 0.00291 0.00078 0.00032
Scrub    0.00012 0.01418 0.00471 0.00054 0.00217 0.15697 0.00939 0.00079
Built    0.00011 0.00004 0.00000 0.00000 0.00022 0.00104 0.04025 0.00036
Bare     0.00002 0.00000 0.00000 0.00000 0.00000 0.00029 0.00000 0.00050
W        0.00810 0.59614 0.09726 0.00105 0.06575 0.18887 0.04202 0.00081
p        0.00780 0.55729 0.04559 0.00746 0.10355 0.20797 0.06693 0.00339
UA       0.82997 0.90349 0.38473 0.57557 0.90650 0.83111 0.95789 0.61359
PA       0.86189 0.96646 0.82073 0.08073 0.57555 0.75478 0.60135 0.14705
area     320 1685738 22502 39 34545 199314 14268 14
interval 116 822 768 321 765 928 615 193
OA       0.84067
        """,
    ),
    _matrix(
        "Belgium",
        """
Water    0.00874 0.00092 0.00003 0.00015 0.00025 0.00030 0.00013 0.00001
Trees    0.00017 0.20311 0.00081 0.00100 0.00406 0.01326 0.00225 0.00015
Grass    0.00013 0.00111 0.01377 0.00127 0.01117 0.00417 0.00381 0.00037
Flooded  0.00000 0.00001 0.00000 0.00023 0.00010 0.00002 0.00003 0.00000
Crops    0.00023 0.00546 0.00976 0.00078 0.45253 0.02211 0.00592 0.00241
Scrub    0.00001 0.00094 0.00031 0.00004 0.00014 0.01044 0.00062 0.00005
Built    0.00056 0.00019 0.00002 0.00002 0.00111 0.00534 0.20693 0.00186
Bare     0.00001 0.00000 0.00000 0.00000 0.00000 0.00024 0.00000 0.00041
W        0.01053 0.22480 0.03580 0.00040 0.49920 0.01256 0.21602 0.00067
p        0.00986 0.21173 0.02471 0.00348 0.46936 0.05588 0.21970 0.00527
UA       0.82997 0.90349 0.38473 0.57557 0.90650 0.83111 0.95789 0.61359
PA       0.86677 0.95925 0.55742 0.06605 0.96413 0.18688 0.94186 0.07819
area     318 145945 2712 4 718437 2152 145525 10
interval 60 210 239 86 411 339 258 128
OA       0.89616
        """,
    ),
    _matrix(
        "Laos",
        """
Water    0.01200 0.00126 0.00004 0.00020 0.00035 0.00042 0.00018 0.00002
Trees    0.00056 0.66768 0.00266 0.00328 0.01335 0.04358 0.00741 0.00049
Grass    0.00001 0.00009 0.00114 0.00011 0.00093 0.00035 0.00032 0.00003
Flooded  0.00001 0.00004 0.00002 0.00110 0.00048 0.00011 0.00015 0.00002
Crops    0.00002 0.00052 0.00094 0.00008 0.44338 0.00212 0.00057 0.00023
Scrub    0.00011 0.01369 0.00455 0.00052 0.00209 0.15150 0.00906 0.00076
Built    0.00003 0.00001 0.00000 0.00000 0.00005 0.00026 0.01026 0.00009
Bare     0.00002 0.00000 0.00000 0.00000 0.00000 0.00029 0.00000 0.00050
W        0.01446 0.73900 0.00297 0.00191 0.04785 0.18229 0.01071 0.00081
p        0.01276 0.68329 0.00934 0.00530 0.06063 0.19862 0.02794 0.00213
UA       0.82997 0.90349 0.38473 0.57557 0.90650 0.83111 0.95789 0.61359
PA       0.94038 0.97715 0.12239 0.20806 0.71548 0.76278 0.36714 0.23376
area     4245 11624007 638 233 66790 833464 6886 39
interval 404 4140 1334 918 1852 3957 1973 559
OA       0.88756
        """,
    ),
)
"""The matrices as printed."""

FIG3_CORRECTIONS = (
    Correction(
        region="California",
        figure="cell",
        map_class="Grass",
        reference_class="Built Area",
        printed=0.00722,
        corrected=0.00122,
    ),
    Correction(
        region="Belgium",
        figure="producer's accuracy",
        map_class="Water",
        reference_class="Water",
        printed=0.86677,
        corrected=0.88641,
    ),
    Correction(
        region="Laos",
        figure="cell",
        map_class="Crops",
        reference_class="Crops",
        printed=0.44338,
        corrected=0.04338,
    ),
)
"""The misprints of Fig. 3 with their corrections."""
