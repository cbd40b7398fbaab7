"""Uploads of a bounded size, which say in words when a file is too large."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import panel_material_ui as pmui

from lulc_explorer.engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

UPLOAD_BYTES = int(float(os.environ.get("LULC_UPLOAD_MIB", "100")) * 2**20)
"""Largest file that can be uploaded."""


class Upload(pmui.FileInput):
    """A file input for a CSV of at most `UPLOAD_BYTES`: the browser does not send a larger one, nor is one kept."""

    def __init__(self, **looks: object) -> None:
        super().__init__(
            accept=".csv,text/csv", max_file_size=UPLOAD_BYTES, **{"size": "small", "variant": "outlined", **looks}
        )

    def _handle_msg(self, msg: Mapping[str, Any]) -> None:
        """Raise what the browser says of a file that it did not send; panel-material-ui 0.16 knows no such message."""
        if msg.get("status") == "error":
            said = str(msg.get("error", ""))[:200]
            raise UserError(_too_large() if "exceeds maximum" in said else f"The file was not uploaded: {said}.")
        super()._handle_msg(msg)

    def _process_chunk(self, msg: Mapping[str, Any]) -> None:
        """Keep a part of a file, unless it is one too many."""
        parts = [part for file in self._file_buffer.values() for part in file["chunks"].values()]
        held = sum(map(len, parts)) + sum(len(file["value"]) for file in self._buffer)
        if held + len(msg["data"]) > UPLOAD_BYTES:
            self._file_buffer.clear()
            self._buffer.clear()
            raise UserError(_too_large())
        super()._process_chunk(msg)


def _too_large() -> str:
    return f"The file was not uploaded: it is larger than {UPLOAD_BYTES / 2**20:g} MiB. What was there before stays."
