"""Map tools: what a map that is told where to look leaves alone."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import pytest
import shapely
from lulc_explorer.components.map_tools import edges, lay_basemap, look_at
from pyproj import Transformer

import lulc_core as lulc

hv.extension("bokeh")


def test_a_map_that_flies_keeps_the_tags_that_panel_links_axes_by() -> None:
    plot = hv.renderer("bokeh").get_plot(hv.Image(np.eye(2), bounds=(0, 0, 20, 20)))
    figure = plot.state
    before = figure.x_range.tags, figure.y_range.tags
    assert before[1]
    look_at(figure, (5.0, 6.0, 7.0, 8.0))
    assert (figure.x_range.tags, figure.y_range.tags) == before
    assert (figure.y_range.start, figure.y_range.end, figure.y_range.reset_end) == (6.0, 8.0, 8.0)


def test_each_flight_is_heard() -> None:
    figure = hv.renderer("bokeh").get_plot(hv.Image(np.eye(2))).state
    names = []
    for bounds in ((0.0, 0.0, 1.0, 1.0), (5.0, 6.0, 7.0, 8.0)):
        look_at(figure, bounds)
        names.append(figure.y_range.name)
    assert len({None, *names}) == 3


@pytest.mark.parametrize("name, levels", [("imagery", ["underlay", "overlay"]), ("streets", ["underlay"])])
def test_imagery_has_names_of_places_over_the_classes_and_leaves_with_them(name: str, levels: list[str]) -> None:
    figure = hv.renderer("bokeh").get_plot(hv.Image(np.eye(2))).state
    before = list(figure.renderers)
    lay_basemap(figure, name)
    assert [renderer.level for renderer in figure.renderers[len(before) :]] == levels
    assert len({renderer.tile_source.url for renderer in figure.renderers[len(before) :]}) == len(levels)
    lay_basemap(figure, "")
    assert figure.renderers == before


def test_the_edge_of_a_polygon_is_drawn_with_its_holes_in_black_on_white() -> None:
    grid = lulc.Region.from_bbox((4.70, 50.85, 4.72, 50.87)).grid
    ring = shapely.box(4.701, 50.851, 4.710, 50.860).difference(shapely.box(4.704, 50.854, 4.706, 50.856))
    far = shapely.box(4.715, 50.861, 4.719, 50.869)
    drawn = edges(grid, shapely.union(ring, far))
    assert drawn["ink"] == ["#808a86", *["#ffffff"] * 3, *["#000000"] * 3]
    assert drawn["width"][1] > drawn["width"][4]
    seen = {(round(min(xs)), round(max(ys))) for xs, ys in zip(drawn["xs"][4:], drawn["ys"][4:], strict=True)}
    corners = [(4.701, 50.860), (4.704, 50.856), (4.715, 50.869)]
    to_mercator = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True).transform
    assert seen == {tuple(round(v) for v in to_mercator(*corner)) for corner in corners}
    assert edges(None, None) == {"xs": [], "ys": [], "ink": [], "width": []}
