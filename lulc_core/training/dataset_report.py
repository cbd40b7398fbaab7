"""What came of making a dataset: its card, and the table of what is in it and what could not be had."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.legend import LEGEND

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_core.json_types import JsonFields, JsonObject
    from lulc_core.training.chip_files import ChipNote

CARD, TABLE = "dataset.json", "chips.csv"
"""Files of a dataset beside ``images`` and ``labels``: its card, and a row for each chip and each that is missing."""
_COLUMNS = ("id", "group", "day", "scenes", "labelled_px", "without_data_px", "remarks", "left_out")


@dataclass(slots=True, kw_only=True)
class DatasetReport:
    """What came of making a dataset."""

    folder: Path
    """The dataset."""
    chips: dict[Path, ChipNote] = field(default_factory=dict)
    """What is known of each chip that the dataset has, by id."""
    left_out: dict[Path, str] = field(default_factory=dict)
    """Why a chip could not be had, by id."""
    taken_over: int = 0
    """Chips that an earlier run had made."""

    @property
    def groups(self) -> dict[str, int]:
        """Chips by group."""
        return dict(sorted(Counter(note.group for note in self.chips.values()).items()))

    @property
    def pixels(self) -> dict[str, int]:
        """Labelled pixels by class."""
        counts = np.sum([note.counts for note in self.chips.values()], axis=0) if self.chips else np.zeros(11, int)
        return {each.name: int(counts[each.code]) for each in LEGEND if counts[each.code]}

    def summary(self) -> JsonObject:
        """Return it for JSON."""
        return {
            "chips": len(self.chips),
            "taken_over": self.taken_over,
            "left_out": len(self.left_out),
            "groups": self.groups,
            "labelled_px": self.pixels,
            "without_data_px": sum(note.unseen for note in self.chips.values()),
        }

    def write(self, card: JsonFields) -> None:
        """Write the card and the table, each by one rename."""
        days = sorted(note.day for note in self.chips.values())
        whole = {**card, "days": [days[0], days[-1]] if days else [], **self.summary()}
        del whole["taken_over"]  # of this run, not of the dataset
        _write(self.folder / CARD, json.dumps(whole, indent=2) + "\n")
        _write(self.folder / TABLE, self._table())

    def _table(self) -> str:
        text = io.StringIO()
        rows = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
        rows.writeheader()
        for name in sorted({*self.chips, *self.left_out}):
            note = self.chips.get(name)
            row = {"id": name.as_posix(), "left_out": self.left_out.get(name, "")}
            if note is not None:
                row |= {"group": note.group, "day": note.day, "scenes": " ".join(note.scenes)}
                row |= {"labelled_px": str(note.labelled), "without_data_px": str(note.unseen)}
                row["remarks"] = " ".join(note.remarks)
            rows.writerow(row)
        return text.getvalue()


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, "utf-8")
    part.replace(path)
