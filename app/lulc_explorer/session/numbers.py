"""Numbers that a person types: one that cannot be is refused in the words of its field."""

from __future__ import annotations

from typing import Any

import param

from lulc_explorer.engine.errors import InvalidInputError


class _Told:
    """Says which numbers a field takes, where param names the class and the attribute."""

    label: Any
    bounds: Any

    def _validate(self, val: object) -> None:
        try:
            super()._validate(val)  # type: ignore[misc]  # of the class beside this one
        except ValueError:
            least, most = self.bounds
            upwards = f"a number from {least:,g} to {most:,g}" if most is not None else f"{least:,g} or more"
            got = "nothing" if val is None else f"{val:,}" if isinstance(val, (int, float)) else repr(val)
            raise InvalidInputError(f"{self.label} takes {upwards}; got {got}.") from None


class WholeNumber(_Told, param.Integer):  # type: ignore[type-arg]  # generic since param 2.4
    """A whole number between `bounds`; `label` is what messages call it."""


class Measure(_Told, param.Number):  # type: ignore[type-arg]  # as above
    """A number between `bounds`; `label` is what messages call it."""
