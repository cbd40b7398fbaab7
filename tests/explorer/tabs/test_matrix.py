"""The words of the error matrix say what its shares are shares of."""

from dataclasses import replace

from lulc_explorer.engine.accuracy import assessed
from lulc_explorer.engine.printed_studies import printed_study
from lulc_explorer.engine.samples import uploaded
from lulc_explorer.tabs.accuracy.error_matrix import headline
from lulc_explorer.tabs.accuracy.matrix import heat_map, shown_as


def test_shares_of_a_sample_without_a_design_are_not_called_shares_of_area() -> None:
    table = b"map,reference\nwater,water\nwater,trees\ntrees,trees\n"
    sample = assessed(uploaded(table, None, None, name="own.csv", pixel_m=10))
    assert "Each cell: share of the sample, 0 to 1" in heat_map(sample, "share", dark=False)
    assert list(shown_as(sample)) == ["Share of sample", "Row %", "Column %", "Counts"]


def test_shares_of_a_published_matrix_are_shares_of_area() -> None:
    printed = printed_study("California", corrected=False)
    assert "Each cell: share of the area, 0 to 1" in heat_map(printed, "share", dark=False)
    assert list(shown_as(printed)) == ["Share of area", "Row %", "Column %", "Hectares"]


def test_a_matrix_on_paper_says_nothing_of_clicks() -> None:
    sample = assessed(uploaded(b"map,reference\nwater,water\n", None, None, name="own.csv", pixel_m=10))
    study = replace(sample, press="Click to go through the pixels.")
    screen, paper = (heat_map(study, "counts", dark=False, still=still) for still in (False, True))
    assert all(word in screen and word not in paper for word in ("<button", "Click to go", "data-cell"))
    assert paper.count('<div role="img"') == screen.count("<button") == 4


def test_a_sample_of_one_pixel_is_told_in_whole_sentences() -> None:
    said = headline(assessed(uploaded(b"map,reference\nwater,water\n", None, None, name="own.csv", pixel_m=10)))
    assert "1 pixel, indicative" in said
    assert "Overall accuracy: no 95 % interval is known. No class is confused in this sample." in said
