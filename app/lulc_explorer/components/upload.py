"""Uploads of a bounded size, which say in words when a file is too large, and name it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui
import param

from lulc_explorer.engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

UPLOAD_BYTES = int(float(os.environ.get("LULC_UPLOAD_MIB", "100")) * 2**20)
"""Largest file that can be uploaded."""


class Upload(pmui.FileInput):
    """A file input for a table of at most `UPLOAD_BYTES`: the browser does not send a larger one, nor is one kept.

    It takes any file: panel-material-ui 0.16 tells nobody of one that is not of an accepted kind.

    Parameters
    ----------
    label
        Label shown to the user while there is no file.
    held
        Reference to the name of the file that is there; that of the last upload for None.
    looks
        Options of the input.
    """

    refused = param.String(doc="Name of the file that was refused; empty if the last one was not.")

    def __init__(self, label: str, held: object = None, **looks: object) -> None:
        super().__init__(max_file_size=UPLOAD_BYTES, **{"size": "small", "variant": "outlined", **looks})
        words = pn.bind(_labelled, label, held or self.param.filename, self.param.refused)
        self.param.update(label=words, uploaded_label=words)

    def _handle_msg(self, msg: Mapping[str, Any]) -> None:
        """Raise what the browser says of a file that it did not send; panel-material-ui 0.16 knows no such message."""
        if msg.get("status") == "error":
            said = str(msg.get("error", ""))[:300]
            named = re.match(r'File "(.*)" \(.* exceeds maximum', said)
            raise self._refuse(named[1]) if named else UserError(f"The file was not uploaded: {said}.")
        if msg.get("status") == "initializing":
            self.refused = ""
        if msg.get("status") == "finished" and not self._buffer:
            self.refused = "an empty file"  # of which the browser sends nothing, though it shows its name
            raise UserError("The file was not uploaded: it is empty. What was there before stays.")
        super()._handle_msg(msg)

    def _process_chunk(self, msg: Mapping[str, Any]) -> None:
        """Keep a part of a file, unless it is one too many."""
        parts = [part for file in self._file_buffer.values() for part in file["chunks"].values()]
        held = sum(map(len, parts)) + sum(len(file["value"]) for file in self._buffer)
        if held + len(msg["data"]) > UPLOAD_BYTES:
            self._file_buffer.clear()
            self._buffer.clear()
            raise self._refuse(str(msg["name"]))
        super()._process_chunk(msg)

    def _refuse(self, name: str) -> UserError:
        """Show the name of a file that is too large, and return the error that says so."""
        self.refused = name
        limit = f"{UPLOAD_BYTES / 2**20:g} MiB"
        return UserError(f"{name} was not uploaded: it is larger than {limit}. What was there before stays.")


def _labelled(label: str, held: str | None, refused: str) -> str:
    said = f"{label.removesuffix(' (CSV)')}: {held}" if held else label
    return f"{said}; refused: {refused}" if refused else said
