"""Components that are a script with a style sheet beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import panel as pn

if TYPE_CHECKING:
    from pathlib import Path


class StyledComponent(pn.custom.JSComponent):
    """A component whose style sheet has the name of its script.

    The sheet is sent with the component, as text: by its path the browser would ask for it once more.
    """

    _esm: ClassVar[Path]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._stylesheets = (cls._esm.with_suffix(".css").read_text(),)
