"""``lulc link`` says what the explorer's address bar would, with an address that others can open."""

from __future__ import annotations

import pytest
from lulc_explorer.session import address
from typer.testing import CliRunner

import lulc_core as lulc
from lulc_core.cli import app
from lulc_core.cli.links import WORDS, base

HUB = {"JUPYTERHUB_BASE_URL": "/lab/", "JUPYTERHUB_SERVICE_PREFIX": "/lab/user/ana/"}


def test_it_knows_every_word_of_the_address_bar() -> None:
    maps = (address.SELECTION, address.LAYERS, address.FOCUS, address.DISPLAY)
    tables = (*maps, address.CHANGE, address.ACCURACY, address.TRADE_OFF)
    words = {word for table in tables for word in table.values()} | {w for side in address.YEARS.values() for w in side}
    assert set(WORDS) == words | address.FORMS.keys()


def test_on_a_hub_it_is_a_link_that_leads_everybody_to_an_explorer_of_their_own() -> None:
    public = HUB | {"JUPYTERHUB_PUBLIC_HUB_URL": "https://hub.example.org/lab/hub/"}
    assert base(public) == "https://hub.example.org/lab/hub/user-redirect/lulc/app"
    assert base(public, service="lulc") == "https://hub.example.org/lab/services/lulc/app"


def test_a_hub_that_does_not_say_its_host_gives_the_path_and_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    assert base(HUB) == "/lab/hub/user-redirect/lulc/app"
    assert "--at https://hub.example.org" in capsys.readouterr().err


def test_an_explorer_is_named_by_its_own_address() -> None:
    assert base(HUB, "http://127.0.0.1:5006/app") == "http://127.0.0.1:5006/app"


@pytest.mark.parametrize("wrong", [{"at": "hub.example.org"}, {"service": "lulc"}])
def test_what_is_no_address_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"https://hub\.example\.org"):
        base({}, **wrong)


def test_words_are_checked_and_written_as_a_link_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUPYTERHUB_BASE_URL", raising=False)
    said = CliRunner().invoke(app, ["link", "--region", "laos", "--year", "2023", "weights=crops:1.5,grass:0.8"])
    assert said.output == "http://127.0.0.1:5006/app?region=laos&year=2023&weights=crops:1.5,grass:0.8\n"
    refused = CliRunner().invoke(app, ["link", "colour=red"])
    assert isinstance(refused.exception, lulc.InvalidInputError)
    assert "'colour'" in str(refused.exception)
