"""Map tools: what a map that is told where to look leaves alone."""

from __future__ import annotations

import holoviews as hv
import numpy as np
from lulc_explorer.components.map_tools import look_at

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
