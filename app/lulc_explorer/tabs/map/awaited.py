"""What stands for the maps and their legend until they have come: the same for all whose link shows no more."""

from __future__ import annotations

from html import escape
from pathlib import Path

from lulc_explorer.engine.classes import DISTINCT, LEGEND, css_colour, css_variables

_HERE = Path(__file__).parent
_ENTRY = (
    '<div class="entry"><div class="class absent"><span class="swatch" style="background-color: {colour}"></span>'
    '<span class="name">{name}</span><span class="area">&nbsp;</span></div></div>'
)


def awaited() -> str:
    """Return HTML with its styles: the ground of sidebar and maps, and the classes without their areas.

    What a link asks for are the words of `data-asks`.
    """
    distinct = "; ".join(f"{name}: {colour}" for name, colour in css_variables(DISTINCT).items())
    styles = (_HERE / "legend.css").read_text() + (_HERE / "awaited.css").read_text()
    entries = "".join(_ENTRY.format(colour=css_colour(c.code), name=escape(c.name)) for c in LEGEND)
    return (
        f'<style>{styles} html[data-asks~="colours"] {{ {distinct} }}</style>'
        '<div id="awaited" aria-hidden="true"><div class="maps"><div></div><div></div></div>'
        f'<div class="key"><div class="legend">{entries}</div></div></div>'
    )
