"""Download buttons."""

from __future__ import annotations

import asyncio
import io
from functools import partial
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import param

    from lulc_explorer.engine.accuracy import Study
    from lulc_explorer.session.accuracy import AccuracySession


SAVED_MS = 500
"""Time after which a file is assumed to have reached the browser."""


def save_button(label: str, name: str, write: Callable[[], bytes]) -> pmui.FileDownload:
    """Return a button that downloads what `write` returns, as a file of this name."""

    async def written() -> io.BytesIO:
        return io.BytesIO(await asyncio.to_thread(write))

    button = pmui.FileDownload(
        label=label,
        filename=name,
        callback=written,
        variant="outlined",
        size="small",
        margin=(6, 8, 6, 0),
    )
    button.param.watch(partial(_forget, button), "data")
    return button


def _forget(button: pmui.FileDownload, event: param.parameterized.Event) -> None:
    """Clear the data after a download: the browser ignores data that has not changed."""
    if event.new is not None and pn.state.curdoc is not None:
        pn.state.curdoc.add_timeout_callback(partial(button.param.update, data=None), SAVED_MS)


def saving(accuracy: AccuracySession, files: Mapping[str, Callable[[Study], str]]) -> pn.Row:
    """Return a download button for each file: its name, and its content from a study."""
    return pn.Row(
        *(
            save_button(f"Save {name.rpartition('.')[2].upper()}", name, partial(_content, accuracy, write))
            for name, write in files.items()
        ),
        visible=pn.bind(lambda study: study is not None, accuracy.param.study),
        margin=0,
    )


def _content(accuracy: AccuracySession, write: Callable[[Study], str]) -> bytes:
    return write(accuracy.study).encode() if accuracy.study is not None else b""
