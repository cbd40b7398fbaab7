"""What the tests of the label desk share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from making import small_session

if TYPE_CHECKING:
    from lulc_explorer.session.session import Session


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A person who looks at a small simulated place."""
    return small_session(tmp_path_factory.mktemp("maps"), "laos")
