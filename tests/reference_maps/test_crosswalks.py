"""Every crosswalk is one documented table, which the documentation shows as it is, and one's own is read like them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

import lulc_core as lulc

PAGE = Path(__file__).parents[2] / "docs" / "crosswalks.md"
TABLES = pytest.mark.parametrize("table", lulc.CROSSWALKS.values(), ids=lambda table: table.name)
OURS = {
    "io-lulc": range(11),
    "dynamic-world": range(9),
    "worldcover": (0, *range(10, 91, 10), 95, 100),
    "lcmap": range(9),
    "igbp": (*range(1, 18), 255),
    "corine": (
        *(111, 112, *range(121, 125), *range(131, 134), 141, 142),
        *(*range(211, 214), *range(221, 224), 231, *range(241, 245)),
        *(*range(311, 314), *range(321, 325), *range(331, 336)),
        *(411, 412, *range(421, 424), 511, 512, *range(521, 524), 999),
    ),
}
"""The codes of some legends, typed in once more from what their makers publish."""


def section(table: lulc.CrosswalkTable) -> str:
    """What the page says of a crosswalk."""
    rows = [f"| {row.code} | {row.name} | {row.to} | {row.hides} |" for row in table.rows]
    note = f"\n{table.note}\n" if table.note else ""
    head = "| code | their class | ours | hidden |\n|---|---|---|---|\n"
    return f"## {table.name}\n\n{table.title}.\n{note}\n{head}" + "\n".join(rows) + "\n"


@TABLES
def test_the_page_shows_each_table_as_it_is(table: lulc.CrosswalkTable) -> None:
    assert section(table) in PAGE.read_text(), f"write docs/crosswalks.md anew: python {Path(__file__).name}"


def test_the_page_shows_no_other_table() -> None:
    titles = [line[3:] for line in PAGE.read_text().splitlines() if line.startswith("## ")]
    assert titles[: len(lulc.CROSSWALKS)] == [*lulc.CROSSWALKS]


@TABLES
def test_a_table_leads_every_code_to_a_class_of_the_legend(table: lulc.CrosswalkTable) -> None:
    codes = np.array(sorted(table.crosswalk.codes))
    lulc.REFERENCE_LEGEND.check_codes(table.crosswalk.apply(codes), table.name)
    assert [table[int(code)].to_code for code in codes] == table.crosswalk.apply(codes).tolist()
    assert table.crosswalk.apply(np.array([-1])).tolist() == [0]
    assert [*table.to_frame().index] == [row.code for row in table.rows]


@pytest.mark.parametrize("name", OURS)
def test_a_table_has_the_codes_of_its_legend(name: str) -> None:
    assert [row.code for row in lulc.CROSSWALKS[name].rows] == [*OURS[name]]


@TABLES
def test_each_class_keeps_its_own_name_unless_the_table_says_what_is_hidden(table: lulc.CrosswalkTable) -> None:
    """A class that is named as one of ours is led to that one; where it is not, the loss is said."""
    for row in table.rows:
        known = lulc.LEGEND.find(row.name)
        assert known is None or row.to == known.name or row.hides, row


def test_corine_has_two_sets_of_codes() -> None:
    corine = lulc.CROSSWALKS["corine"]
    assert [corine[grid] for grid in (*range(1, 45), 48)] == [*corine.rows]
    assert corine[23].name == "Broad-leaved forest" == corine[311].name


def test_what_is_lost_is_said_of_the_codes_that_are_there_once() -> None:
    hidden = lulc.CROSSWALKS["worldcover"].hidden([10, 95, 100, 7])
    assert hidden[1:] == (
        "Mangroves is flooded vegetation here, which hides mangroves, which are trees.",
        "Moss and lichen is grass here, which hides moss and lichen, which are no grass.",
    )
    assert lulc.CROSSWALKS["corine"].hidden([1, 111, 231, 18]) == ("Pastures is grass here, which hides hedges.",)


OWN = "code;name;class;hides\n1;Wald;trees;\n2;Heide;Rangeland;welche\n9;Wolke;no data;\n0;;;\n"


def test_a_table_of_ones_own_is_read_as_spreadsheets_write_it() -> None:
    table = lulc.read_crosswalk(io.StringIO(OWN))
    assert table.crosswalk.codes == {1: 2, 2: 11, 9: 0, 0: 0}
    assert table.merges
    assert table.hidden([2]) == ("Heide is grass or scrub here, which hides welche.",)


@pytest.mark.parametrize(
    "text, says",
    [
        ("code,name,class\n1,Wald,trees\n1,Forst,trees\n", r"once .*\[1\] occur again"),
        ("code,name,class\n1,Moor,moor\n", "led to 'moor', which is no class. The classes are water"),
        ("code,name,class\n1.5,Wald,trees\n", "whole number from 0 to 999999; got '1.5'"),
        ("code,name,class\n-1,Wald,trees\n", "whole number"),
        ("code,name\n1,Wald\n", "lacks class and has code, name"),
        ("code,name,class\n", "rows below it"),
    ],
)
def test_a_table_that_is_wrong_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match=says):
        lulc.read_crosswalk(io.StringIO(text))


if __name__ == "__main__":
    front = PAGE.read_text().split("\n## ")[0] if PAGE.exists() else "# Crosswalks\n"
    PAGE.write_text(front.rstrip() + "\n\n" + "\n".join(map(section, lulc.CROSSWALKS.values())))
