"""Numbers that cannot be are refused in the words of their field."""

from __future__ import annotations

import logging

import panel_material_ui as pmui
import pytest
from lulc_explorer.engine.errors import UserError
from lulc_explorer.session.accuracy import AccuracySession
from lulc_explorer.session.project_making import ProjectMaking
from lulc_explorer.shell import workarounds  # noqa: F401  what the log leaves out


@pytest.mark.parametrize(
    "field, value, said",
    [
        (AccuracySession.param.size, 1_000_000, "Pixels to draw takes a number from 20 to 100,000; got 1,000,000."),
        (AccuracySession.param.seed, -1, "Seed takes 0 or more; got -1."),
        (AccuracySession.param.seed, None, "Seed takes 0 or more; got nothing."),
        (ProjectMaking.param.target, 0, "Standard error, % takes a number from 0.1 to 50; got 0."),
    ],
)
def test_a_number_that_cannot_be_is_refused_in_the_words_of_its_field(field, value, said) -> None:
    with pytest.raises(UserError) as refused:
        field._validate(value)
    assert str(refused.value) == said


def test_a_number_that_is_refused_is_told_and_not_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("panel"), "propagate", True)  # panel 1.8 hands nothing on to the root
    making = ProjectMaking(None, None)
    field = pmui.IntInput.from_param(making.param.size)
    with pytest.raises(UserError, match="How many takes"):
        field._process_events({"value": -5})
    assert not [line for line in caplog.records if line.exc_info]
    with pytest.raises(ValueError, match="must be"):  # nobody's choice: that is logged
        field._process_events({"width": -5})
    assert [line for line in caplog.records if line.exc_info]


def test_the_bounds_themselves_are_taken() -> None:
    for field in (AccuracySession.param.size, ProjectMaking.param.tile_m, ProjectMaking.param.interpreters):
        for bound in field.bounds:
            field._validate(bound)
