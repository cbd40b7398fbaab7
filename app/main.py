"""The land-cover explorer: what ``panel serve app/`` runs for every person who opens it."""

from __future__ import annotations

from functools import partial

import holoviews as hv
import page
import panel as pn
from ahead import the_ahead
from calibrating import Calibrating
from comparison import Comparison
from jobs import the_jobs
from review import Review
from state import Explorer
from store import the_store
from views.about import About
from views.accuracy import ErrorMatrix
from views.alarm import Alarm
from views.areas import Areas
from views.banner import Banner
from views.calibrate import Calibrate
from views.change import ChangeTab
from views.controls import Controls
from views.headline import Headline
from views.legend import Legend
from views.maps import Maps
from views.origin import Origin
from views.others import Others
from views.rivals import Rivals
from views.spotlight import SpotlightBar
from views.stage import Stage
from views.takehome import TakeHome
from views.timeline import Timeline
from views.weights import Weights
from views.why import Why

IN_THE_ADDRESS = {
    "place": "region",
    "year": "year",
    "imagery": "imagery",
    "network": "network",
    "scene": "scene",
    "view": "view",
    "left": "left",
    "layer": "right",
    "tab": "tab",
}
"""What the link in the address bar restores: parameter to name in the query."""

hv.extension("bokeh")
hv.renderer("bokeh").webgl = False
pn.extension()


def main() -> None:
    """Build one person's page."""
    explorer = Explorer(the_store(), the_jobs(), the_ahead())
    if pn.state.location:
        pn.state.location.sync(explorer, IN_THE_ADDRESS, on_error=explorer.refuse)
        pn.state.onload(partial(_write_address, explorer))
    explorer.open()
    pn.state.onload(explorer.begin)
    maps = Maps(explorer, over=Stage(explorer))
    review = Review(explorer)
    comparison = Comparison(explorer, the_store(), the_jobs())
    comparison.open()
    calibrating = Calibrating(explorer, the_store(), the_jobs())
    change = ChangeTab(comparison)
    tabs = {
        "Map": [
            Headline(explorer),
            SpotlightBar(explorer),
            maps,
            Timeline(explorer),
            Legend(explorer),
            Why(explorer),
            TakeHome(explorer),
        ],
        "Change": [change],
        "Error matrix": [ErrorMatrix(review)],
        "Area": [Areas(review)],
    }
    built = page.build(
        title="Land-cover explorer",
        header=[Origin(explorer)],
        sidebar=[
            Controls(explorer),
            Others(explorer, the_ahead()),
            page.fold(
                {
                    "Class weights": Weights(explorer),
                    "Calibrate the weights": Calibrate(calibrating),
                    "Classes that compete": Rivals(explorer),
                }
            ),
            About(explorer),
        ],
        main=[Banner(explorer), Alarm(), page.tabs(explorer, tabs)],
    )
    built.link(review, dark_theme="dark")
    built.link(comparison, dark_theme="dark")
    built.servable()
    pn.state.on_session_destroyed(
        page.farewell([explorer.stop, comparison.stop, calibrating.stop], [*maps.panes, *change.panes])
    )


def _write_address(explorer: Explorer) -> None:
    """Put the place and the year into the address, so that it restores them when the defaults change."""
    pn.state.location.update_query(region=explorer.place, year=explorer.year)


main()
