"""Which classes of an error matrix are merged. No widgets."""

from __future__ import annotations

import param

from lulc_explorer.engine import accuracy

OTHERS = "All others"


class ClassMerging(param.Parameterized):
    """Which classes one person has merged."""

    focus = param.Boolean(False, doc="Show grass, scrub and crops, and merge all other classes.")
    kept = param.List(doc="Merged groups of classes.")
    chosen = param.List(doc="Classes selected for merging.")
    classes = param.List(doc="Classes before merging.")
    problem = param.String(doc="What went wrong, and what to do.")

    @property
    def options(self) -> list[str]:
        """Classes that can still be merged; a merged group counts as one."""
        taken = {name for group in self.kept for name in group}
        return [*(" + ".join(group) for group in self.kept), *(n for n in self.classes if n not in taken)]

    @property
    def merge(self) -> dict[str, list[str]]:
        """Merged class to its classes."""
        if self.focus:
            apart = accuracy.in_focus(self.classes)
            return {OTHERS: [name for name in self.classes if name not in apart]} if apart else {}
        whole = {" + ".join(group): group for group in self.kept}
        if len(self.chosen) > 1:
            together = {name for option in self.chosen for name in whole.pop(option, [option])}
            ordered = [name for name in self.classes if name in together]
            whole[" + ".join(ordered)] = ordered
        return whole

    @property
    def can_focus(self) -> bool:
        """Whether grass, scrub or crops are among the classes."""
        return bool(accuracy.in_focus(self.classes))

    def press(self, option: str) -> None:
        """Select a class for merging, or deselect it."""
        pressed = {option} if self.focus else {*self.chosen} ^ {option}
        chosen = [name for name in self.options if name in pressed]
        if len(chosen) > 1 and chosen == self.options:
            self.problem = "All classes cannot be merged into one: leave out at least one."
        else:
            self.param.update(focus=False, chosen=chosen)

    def keep(self) -> None:
        """Keep the selected classes merged, so that others can be selected."""
        if not self.focus:
            self.param.update(kept=list(self.merge.values()), chosen=[])

    def split(self) -> None:
        """Undo all merging."""
        self.param.update(kept=[], chosen=[], focus=False)
