"""The head of both accuracy tabs: the source of the error matrix."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.choices import NUMBER, flow, kept, toggle
from lulc_explorer.components.download_button import save_button
from lulc_explorer.components.figures import SCROLL_CSS
from lulc_explorer.components.message import busy
from lulc_explorer.components.simulated import NOTE_CSS
from lulc_explorer.components.upload import Upload
from lulc_explorer.engine.counts import counted
from lulc_explorer.engine.printed_studies import REGIONS
from lulc_explorer.session.accuracy import DRAWN, OWN, PAPER
from lulc_explorer.session.display import MAP

if TYPE_CHECKING:
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.engine.samples import Sample
    from lulc_explorer.session.accuracy import AccuracySession

ACCURACY_CSS = SCROLL_CSS + NOTE_CSS + (Path(__file__).parent / "accuracy.css").read_text()
PAPERS_MATRIX = "by the paper's pooled matrix"
"""Whose figures those of the paper are: its one matrix of all regions, weighted by the map of each."""
_SOURCES = {"This map": DRAWN, "My sample": OWN, "The paper": PAPER}
_DECIMALS = {"Decimals as written": "", "1.5": ".", "1,5": ","}
_FILES = {"sample": "Sample (CSV)", "strata": "Strata (CSV)", "areas": "Mapped areas (CSV)"}
_BEHIND = "These figures belong to other class weights than the map has now."
_OWN_HELP = """
<p>Choose a sample: a CSV of pixels with their map and reference classes. Then press <b>Assess</b>.</p>
<details><summary>File formats</summary><p>Sample: one row per pixel, columns <code>map,reference</code>
and, depending on the design, <code>stratum</code>, <code>cluster</code>, <code>pixels</code>. Without <code>map</code>,
the class is read from the map on screen, at <code>lon,lat</code> (degrees) or <code>x,y</code> (its projection).
Strata: <code>stratum,size</code> (pixels) or <code>stratum,clusters</code>. Mapped areas, if the strata are not the map
classes: <code>class,area_ha</code>. A sample downloaded here includes its strata.</p></details>
"""


class Sources(pn.viewable.Viewer):
    """Chooses the paper's regions, an uploaded sample, or one drawn from the map on screen.

    Parameters
    ----------
    accuracy
        The accuracy assessment of one person.
    """

    def __init__(self, accuracy: AccuracySession) -> None:
        super().__init__()
        self._accuracy = accuracy
        source = accuracy.param.source
        rows = {PAPER: self._paper(), OWN: self._own(), DRAWN: self._drawn()}
        for name, row in rows.items():
            row.visible = pn.bind(lambda chosen, own=name: chosen == own, source)
        self._view = pn.Column(
            pn.Column(
                flow(toggle(source, "Accuracy of", _SOURCES), *rows.values()),
                css_classes=["sources"],
                stylesheets=[ACCURACY_CSS],
                sizing_mode="stretch_width",
                margin=0,
            ),
            self._behind(),
            pn.pane.HTML(
                pn.bind(_message, accuracy.param.problem, accuracy.param.busy, accuracy.param.source),
                stylesheets=[ACCURACY_CSS],
                styles=kept(22),  # of its one line, which goes when the figures come
                margin=0,
                sizing_mode="stretch_width",
            ),
            sizing_mode="stretch_width",
            margin=0,
        )

    def _show_button(self) -> pmui.Button:
        accuracy = self._accuracy

        async def show(_: object) -> None:
            await accuracy.show_sample()

        lacks = pn.bind(lambda study, of: not (study and of and of.where), accuracy.param.study, accuracy.param.sample)
        looks = {"size": "small", "variant": "outlined", "margin": 0, "styles": _room(184)}
        return pmui.Button(label="Show the sample on the map", on_click=show, disabled=lacks, **looks)

    def _behind(self) -> pn.pane.HTML:
        """Say why the figures are not of the class weights that the map has now."""
        behind = self._accuracy.param.behind
        return pn.pane.HTML(
            pn.bind(lambda why: f'<p class="problem" role="alert">{_BEHIND} {escape(why)}</p>', behind),
            visible=pn.bind(bool, behind),
            stylesheets=[ACCURACY_CSS],
            sizing_mode="stretch_width",
            margin=0,
        )

    def _paper(self) -> pn.Column:
        accuracy = self._accuracy
        return flow(
            toggle(accuracy.param.region, "Region", {name: name for name in REGIONS}),
            toggle(accuracy.param.corrected, "Misprints", {"As printed": False, "Corrected": True}),
            styles={"min-width": "min(100%, 500px)"},  # of both side by side
        )

    def _own(self) -> pn.Column:
        accuracy = self._accuracy
        pixel = pmui.FloatInput.from_param(accuracy.param.pixel_m, label="Pixel side, m", **NUMBER)
        decimal = toggle(accuracy.param.decimal, "Decimal mark", _DECIMALS)

        async def assess(_: object) -> None:
            (name, sample), (_, strata), (_, areas) = (accuracy.files.get(kind, ("", None)) for kind in _FILES)
            if sample is None:
                accuracy.param.update(
                    problem="Choose a sample first: a CSV that is not empty. The other files are optional."
                )
            else:
                await accuracy.upload(sample, strata, areas, name)

        button = pmui.Button(
            label="Assess", color="primary", variant="contained", size="small", on_click=assess, margin=0
        )
        clear = pmui.Button(
            label="Clear",
            variant="outlined",
            size="small",
            on_click=lambda _: accuracy.clear(),
            visible=pn.bind(bool, accuracy.param.files),
            margin=0,
        )
        help_text = pn.pane.HTML(_OWN_HELP, stylesheets=[ACCURACY_CSS], margin=0, sizing_mode="stretch_width")
        row, show = flow(), self._show_button()

        def fill(*_: object) -> None:
            """Start with empty file inputs: panel-material-ui 0.16 keeps the name of a file in the browser."""
            if not accuracy.files or not row.objects:
                row.objects = [*(self._chooser(*file) for file in _FILES.items()), pixel, decimal, button, clear, show]

        accuracy.param.watch(fill, "files")
        fill()
        return pn.Column(row, help_text, sizing_mode="stretch_width", margin=0)

    def _chooser(self, kind: str, label: str) -> Upload:
        """Return the input of one file, shared by both tabs: each shows and assesses the file chosen in the other."""
        accuracy = self._accuracy
        chooser = Upload(label, pn.bind(lambda files: files.get(kind, ("",))[0], accuracy.param.files), margin=0)

        def take(*_: object) -> None:
            others = {other: file for other, file in accuracy.files.items() if other != kind}
            if chooser.filename:
                accuracy.files = {**others, kind: (chooser.filename, chooser.value or b"")}

        chooser.param.watch(take, ["value", "filename"], onlychanged=False)
        return chooser

    def _drawn(self) -> pn.Column:
        accuracy = self._accuracy
        land_cover = accuracy.session.map.param.land_cover
        size, seed = (
            pmui.IntInput.from_param(own, label=label, **NUMBER)
            for own, label in ((accuracy.param.size, "Pixels to draw"), (accuracy.param.seed, "Seed"))
        )
        make = pmui.Button(
            label="Go to the map",
            variant="outlined",
            size="small",
            on_click=lambda _: accuracy.session.display.param.update(tab=MAP),
            visible=pn.bind(lambda shown: shown is None, land_cover),
            margin=0,
        )
        save = save_button("Download the sample", "sample.csv", lambda: _csv(accuracy.sample))
        none = pn.bind(lambda sample: sample is None, accuracy.param.sample)
        save.param.update(margin=0, styles=_room(162), disabled=none)
        words = pn.pane.HTML(
            pn.bind(_about_drawing, land_cover, accuracy.param.sample),
            css_classes=["drawing"],
            stylesheets=[ACCURACY_CSS],
            margin=0,
            sizing_mode="stretch_width",
        )
        row = flow(size, seed, self._draw_button(), save, self._show_button(), make)  # which goes: nothing is after it
        looks = {"sizing_mode": "stretch_width", "margin": 0}
        tools = pn.Column(row, words, css_classes=["tools"], stylesheets=[ACCURACY_CSS], **looks)
        return pn.Column(tools, styles={"min-width": "min(100%, 1060px)"}, **looks)  # also before a sample is drawn

    def _draw_button(self) -> pmui.Button:
        accuracy = self._accuracy

        async def draw(_: object) -> None:
            await accuracy.draw()

        return pmui.Button(
            label="Draw from this map",
            color="primary",
            variant="contained",
            size="small",
            on_click=draw,
            styles=_room(132),
            disabled=pn.bind(
                lambda land_cover, busy: land_cover is None or busy,
                accuracy.session.map.param.land_cover,
                accuracy.param.busy,
            ),
            margin=0,
        )

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


def _room(width: int) -> dict[str, str]:
    """Return the room (px) of a button before it is drawn, so that those after it are where they will be."""
    return {"min-width": f"{width}px", "min-height": "36px"}


def _message(problem: str, working: bool, source: str) -> str:
    if working:
        return busy("Drawing and labelling the sample" if source == DRAWN else "Reading the sample")
    return f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""


def _csv(sample: Sample | None) -> bytes:
    return b"" if sample is None else sample.table.to_csv(index=False).encode()


def _about_drawing(land_cover: LandCoverMap | None, sample: Sample | None) -> str:
    if land_cover is None:
        return "<p>No map is open. Make one in the tab “Map”, then draw from it here.</p>"
    how = "at random within each map class"
    if land_cover.truth is not None:
        drawn = f"{counted(len(sample.table), 'pixel')} drawn {how} and" if sample else f"Pixels are drawn {how}, and"
        return (
            f"<p>{drawn} labelled by the <b>simulated</b> truth. They stay as they are when you change the class "
            "weights: only what the map says of them changes.</p>"
        )
    if sample is not None:
        return (
            f"<p>{counted(len(sample.table), 'pixel')} drawn, {how}. Download the sample, label its column "
            "<code>reference</code>, and open it under “My sample”.</p>"
        )
    place = land_cover.request.place
    return (
        f"<h2>{escape(place.title)} {land_cover.request.year}: without a reference, its accuracy is not known</h2>"
        f"<p>To estimate it: draw pixels here ({how}), download them, label them from imagery, and open "
        "them under “My sample”. Several people can share the work in the tab “Label”. How accurate other maps of this "
        "kind were is under “The paper”.</p>"
    )
