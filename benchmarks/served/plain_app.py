"""The plain way to show the same map, for `panel serve`: hvPlot (or HoloViews) on the xarray, as a tutorial would.

What `load.py` and `feel.py` hold the explorer against: the same maps in memory, the same things to do, drawn whole and
reprojected by nobody, with Panel's own widgets in a plain layout. What changed is worked out when its tab is opened.
"""

import sys
from pathlib import Path

import holoviews as hv
import pandas as pd
import panel as pn

sys.path.insert(0, str(Path(__file__).parents[2] / "app"))

from lulc_explorer.engine.repository import the_repository

import lulc_core as lulc

try:
    import hvplot.xarray
except ImportError:
    hvplot = None

hv.extension("bokeh")
pn.extension()
store = the_repository()
place, year = (pn.state.session_args.get(name, [b""])[0].decode() for name in ("region", "year"))
earlier, result = (store.find(store.request(place or "laos", y)) for y in (2019, int(year or 2023)))
looks = {"cmap": [c.hex for c in lulc.LEGEND], "clim": (0.5, 10.5), "frame_width": 500, "data_aspect": 1, "title": ""}


def draw(label):
    label = label.where(label > 0)
    if hvplot is not None:
        return label.hvplot.image(x="x", y="y", **looks)
    return hv.Image(label.rename("label"), ["x", "y"]).opts(**looks)


sliders = {c.name: pn.widgets.FloatSlider(name=c.name, start=0, end=4, value=c.weight) for c in result.legend}
scene = pn.widgets.IntSlider(name="scene", end=len(result.moments) - 1)
tap = hv.streams.Tap(x=None, y=None)


def composite(**weights):
    return draw(lulc.decide(result.votes, result.legend, weights=weights)["label"])


def ledger(x, y, **weights):
    if x is None:
        return pn.pane.DataFrame(pd.DataFrame())
    at = result.predictions.sel(x=x, y=y, method="nearest")
    return pn.pane.DataFrame(at[["label", "confidence", "clear"]].to_dataframe())


def change(tab):
    if tab != 1:
        return pn.Column()
    weights = {name: slider.value for name, slider in sliders.items()}
    was, became = (lulc.decide(r.votes, r.legend, weights=weights)["label"] for r in (earlier, result))
    areas = pd.crosstab(was.values.ravel(), became.values.ravel()) / 100
    flows = [(f"{a} then", f"{b} now", area) for (a, b), area in areas.stack().items() if a != b and area > 0]
    return pn.Column(
        pn.Row(draw(became.where(was != became, 0)), hv.Sankey(flows, vdims="hectares")), pn.pane.DataFrame(areas)
    )


left = hv.DynamicMap(lambda scene: draw(result.predictions["label"].isel(time=scene)), streams={"scene": scene})
right = hv.DynamicMap(composite, streams=sliders)
tap.source = right
about = pn.pane.DataFrame(pd.DataFrame(result.report["classes"]).T)
changed = pn.Column()
tabs = pn.Tabs(
    ("Map", pn.Column(pn.Row(left, right), scene, pn.bind(ledger, tap.param.x, tap.param.y))),
    ("Change", changed),
    ("Areas", about),
    tags=["tabs"],
)
changed.append(pn.panel(pn.bind(change, tabs.param.active)))
pn.Row(pn.Column(*sliders.values()), tabs).servable()
