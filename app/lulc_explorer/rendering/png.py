"""Pictures as PNG: their bytes, and the URL that holds them. Pure."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def encode(image: Image) -> bytes:
    """Return an image as PNG."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def data_url(png: bytes) -> str:
    """Return a URL that holds a picture, so that nothing has to be asked for."""
    return f"data:image/png;base64,{b64encode(png).decode()}"
