"""Toggle buttons and flowing rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

if TYPE_CHECKING:
    from collections.abc import Mapping

    import param

_ONE_LINE = {
    "& .MuiToggleButton-root": {"whiteSpace": "nowrap"},
    "@media (max-width: 430px)": {"& .MuiToggleButton-root": {"padding": "7px 4px"}},
}
NUMBER: dict[str, Any] = {
    "description": "",
    "size": "small",
    "width": 130,
    "margin": 0,
    "styles": {"min-height": "40px"},  # before it is drawn
    "sx": {
        "& .MuiInputAdornment-root": {"display": "none"},  # panel-material-ui 0.16: steppers without a name
        "& .MuiInputBase-input": {"paddingLeft": "14px"},  # which they kept from the border
    },
}
"""Looks of a number to type; arrow keys step it."""
_CSS = (Path(__file__).parent / "choices.css").read_text()


def kept(height: int = 35) -> dict[str, str]:
    """Return the style that keeps the height (px) of a widget, a small select unless told, until it is drawn.

    Widgets are drawn after what lies below them, which would jump.

    Examples
    --------
    >>> kept(57)
    {'min-height': '57px'}
    """
    return {"min-height": f"{height}px"}


def toggle(
    parameter: param.Parameter[object], label: str, options: Mapping[str, object], **looks: object
) -> pmui.RadioButtonGroup:
    """Return a row of buttons of which one is pressed."""
    room = f"min(100%, {sum(8 * len(name) + 11 for name in options)}px)"
    looks = {"margin": 0, "styles": {"min-height": "57px", "min-width": room}, **looks}  # before it is drawn
    return pmui.RadioButtonGroup.from_param(
        parameter, label=label, description="", options=dict(options), size="small", sx=_ONE_LINE, **looks
    )


def flow(*parts: pn.viewable.Viewable, **looks: object) -> pn.Column:
    """Return parts side by side, on as many lines as they need."""
    return pn.Column(*parts, css_classes=["flow"], stylesheets=[_CSS], margin=0, **looks)
