"""Buttons that save what is on screen."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assessing import Study
    from review import Review


def saving(review: Review, files: Mapping[str, Callable[[Study], str]]) -> pn.Row:
    """Return a button for each file: its name, and what it holds of a study."""
    return pn.Row(
        *(
            pmui.FileDownload(
                label=f"Save {name.rpartition('.')[2].upper()}",
                filename=name,
                callback=partial(_content, review, write),
                variant="outlined",
                size="small",
                margin=(6, 8, 6, 0),
            )
            for name, write in files.items()
        ),
        visible=pn.bind(lambda study: study is not None, review.param.study),
        margin=0,
    )


def _content(review: Review, write: Callable[[Study], str]) -> io.BytesIO:
    return io.BytesIO(write(review.study).encode() if review.study is not None else b"")
