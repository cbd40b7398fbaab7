"""What is saved says from which view it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import panel as pn
from lulc_explorer.tabs.map import downloads
from panel.io.location import Location
from panel.util import edit_readonly

if TYPE_CHECKING:
    import pytest


def test_the_link_in_a_picture_is_that_of_the_view_and_not_that_with_which_the_page_was_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    location = Location(search="?region=laos&tab=label")
    with edit_readonly(location):
        location.href = "https://example.org/app?region=laos&tab=label#there"
    monkeypatch.setattr(type(pn.state), "location", location)
    location.search = "?region=laos&tab=map&weights=grass%3A0"
    assert downloads._link() == "https://example.org/app?region=laos&tab=map&weights=grass%3A0"
