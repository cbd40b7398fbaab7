"""The explorer on a real JupyterHub, by both ways: shared as a service of the hub, and one's own from the launcher."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

import numpy as np
import pytest
import xarray as xr
from browser.serving import LAUNCH
from browser.waiting import eventually
from jupyter_hub import PATIENCE_S, SERVICE, Hub, Person, running_hub
from lulc_explorer.engine.repository import MapRepository
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from playwright.sync_api import sync_playwright
from tornado.httpclient import HTTPClientError

import lulc_core as lulc
from lulc_core.mapping.checksums import write_checksums

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APP = f"{SERVICE}/app"
LINK = f"{APP}?region=laos&year=2023"
EDGE = 48
OPEN = "of this map clear"
"""Is in a page with an open map."""
PATHS = [
    "",
    "app",
    "app/",
    "app/autoload.js",
    "app/metadata",
    "metrics",
    "nothing",
    "favicon.ico",
    "static/js/bokeh.min.js",
    "static/extensions/panel/panel.min.js",
    "static/extensions/panel-material-ui/panel-material-ui.bundle.js",
]


def prepare_map(cache: Path) -> None:
    """Put a small map of a simulated place where the explorer looks for it."""
    request = MapRepository(cache, catalog=None, model="unet-simulated").request("laos", 2023)
    grid = GeoBox((EDGE, EDGE), request.region.grid.affine, request.region.grid.crs)
    label = np.random.default_rng(0).integers(1, 6, (3, EDGE, EDGE)).astype(np.uint8)
    times = np.array(["2023-01-05T03:50", "2023-06-30T03:50", "2023-11-02T03:50"], "datetime64[ns]")
    made = xr.Dataset(
        {
            "label": (("time", "y", "x"), label),
            "confidence": (("time", "y", "x"), np.full_like(label, 200)),
            "clear": (("time", "y", "x"), np.ones_like(label, bool)),
        },
        coords={
            "time": times,
            "scene": ("time", ["a", "b", "c"]),
            "cloud_cover": ("time", [0.0] * 3),
            **xr_coords(grid),
        },
    )
    folder = cache / request.key
    folder.mkdir(parents=True)
    lulc.write_predictions(made, folder / "predictions.zarr")
    report = {"simulated": True, "model": "unet-simulated", "region": "laos", "catalog": str(folder / "items.json")}
    report |= {"failed": [], "warnings": [], "scenes": [{"taken": True}] * 3}
    (folder / "report.json").write_text(json.dumps(report))
    write_checksums(folder)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("hub")
    prepare_map(folder / "cache")
    with running_hub(folder, LULC_CACHE=str(folder / "cache"), LULC_SESSIONS_EACH="1") as hub:
        yield hub


class Opened(NamedTuple):
    person: Person
    page: str


@pytest.fixture(scope="module")
def ana(hub: Hub) -> Opened:
    person = hub.visitor().log_in("ana")
    return Opened(person, person.open(LINK))


@pytest.fixture(scope="module")
def bo(hub: Hub) -> Opened:
    person = hub.visitor().log_in("bo")
    return Opened(person, person.open(LINK))


def test_two_people_open_the_same_link_each_in_a_session_of_their_own(ana: Opened, bo: Opened) -> None:
    tokens = [re.findall(r'"token":"([^"]+)"', opened.page) for opened in (ana, bo)]
    assert tokens[0] != tokens[1]
    for person, page in (ana, bo):
        document = person.document(APP, page)
        assert OPEN in document
        assert "None of the maps" not in document


def test_nobody_joins_the_session_of_another_even_with_its_token(ana: Opened, bo: Opened) -> None:
    with pytest.raises(HTTPClientError, match="403"):
        bo.person.document(APP, ana.page)


@pytest.mark.parametrize("how", ["bokeh-session-id", "bokeh-token"])
def test_no_page_joins_a_session_that_is_there(ana: Opened, how: str) -> None:
    assert ana.person.get(f"{APP}?{how}=any").status_code == 403


def test_no_script_of_another_page_on_the_hub_reads_a_page(ana: Opened) -> None:
    """Such as one of somebody's own server: it shares the host, and so the cookies, with the service."""
    fetched = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
    for path in (APP, f"{APP}/autoload.js"):
        answer = ana.person.get(path, headers=fetched, allow_redirects=False)
        assert answer.status_code in (302, 403)
        assert "token" not in answer.text
    assert ana.person.get(f"{APP}/autoload.js").status_code == 403  # as by a tag <script>


@pytest.mark.parametrize("path", PATHS)
def test_no_path_answers_who_did_not_log_in(hub: Hub, path: str) -> None:
    answer = hub.visitor().get(f"{SERVICE}/{path}")
    assert answer.status_code == 403 or "/hub/login" in answer.url


@pytest.mark.parametrize("path", ["static/js/bokeh.min.js", "static/extensions/panel/panel.min.js", "metrics"])
def test_the_same_paths_answer_who_did(ana: Opened, path: str) -> None:
    assert ana.person.get(f"{SERVICE}/{path}").ok


def test_the_websocket_refuses_who_did_not_log_in(hub: Hub, ana: Opened) -> None:
    with pytest.raises(HTTPClientError, match="403"):
        hub.visitor().document(APP, ana.page)


def test_the_websocket_refuses_the_page_of_another_site(ana: Opened) -> None:
    with pytest.raises(HTTPClientError, match="403"):
        ana.person.document(APP, ana.page, origin="http://elsewhere.example")


def test_the_websocket_refuses_a_token_that_was_tampered_with(ana: Opened) -> None:
    page = re.sub(r'("token":")(..)', r"\1AA", ana.page)
    with pytest.raises(HTTPClientError, match="403"):
        ana.person.document(APP, page)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_sent_but_through_the_websocket(ana: Opened, method: str) -> None:
    answer = ana.person.browser.request(method, f"http://{ana.person.host}/{APP}", timeout=60)
    assert answer.status_code in (403, 405)


def test_the_page_holds_no_cookie_of_the_login(ana: Opened) -> None:
    from bokeh.util.token import get_token_payload

    (token,) = re.findall(r'"token":"([^"]+)"', ana.page)
    payload = get_token_payload(token)
    assert payload["lulc_owner"] == "ana"
    assert (payload["headers"], payload["cookies"]) == ({}, {})


def test_one_person_cannot_open_more_than_a_few(hub: Hub) -> None:
    person = hub.visitor().log_in("cy")
    answers = [person.get(APP) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert "Close one" in answers[-1].text


def test_health_is_known_without_a_login_and_nothing_else(hub: Hub) -> None:
    assert hub.visitor().get(f"{SERVICE}/liveness").json() == {"alive": True}


def test_prometheus_reads_counts_and_nobody_s_name(ana: Opened) -> None:
    def metrics() -> tuple[str, dict[str, str]]:
        ana.person.get(APP)  # so that a session of hers lives: one that nobody looks at ends
        text = ana.person.get(f"{SERVICE}/metrics").text
        return text, dict(re.findall(r"^(lulc_\S+) (\S+)$", text, re.MULTILINE))

    text, values = eventually(None, metrics, lambda read: float(read[1]["lulc_sessions"]) >= 1, "a session of hers")
    assert float(values['lulc_maps_total{source="disk"}']) >= 1
    assert "process_resident_memory_bytes" in text
    assert "ana" not in text


def test_each_request_is_one_line_without_its_query(hub: Hub, ana: Opened) -> None:
    ana.person.get(f"{SERVICE}/nothing?token=secret-of-ana")
    asked = f"ana GET /{SERVICE}/nothing"
    (line,) = eventually(None, lambda: [line for line in hub.lines() if asked in line], bool, "a line in the log")
    assert re.search(rf" ana GET /{SERVICE}/nothing 404 \d+$", line)
    assert not [line for line in hub.lines() if "secret-of-ana" in line]


def test_from_the_launcher_everybody_has_an_explorer_of_their_own(hub: Hub, ana: Opened, bo: Opened) -> None:
    page = ana.person.open("hub/user-redirect/lulc/app?region=laos&year=2023")
    own = "user/ana/lulc/app"
    assert OPEN in ana.person.document(own, page)
    assert bo.person.get(own).status_code == 403
    with pytest.raises(HTTPClientError, match="403"):
        bo.person.document(own, page)
    there = bo.person.get("hub/user-redirect/lulc/app?region=laos&year=2023", allow_redirects=False)
    assert unquote(there.headers["Location"]).endswith("/user/bo/lulc/app?region=laos&year=2023")
    assert hub.visitor().get(own).url.startswith(f"http://{hub.host}/hub/login")


@pytest.mark.browser
def test_in_a_browser_one_downloads_a_file_and_another_follows_the_link(hub: Hub, tmp_path: Path) -> None:
    if LAUNCH["executable_path"] is None:
        pytest.skip("needs Chromium: run tests/browser/install.sh")
    with sync_playwright() as playwright, playwright.chromium.launch(**LAUNCH) as chromium:
        seen = []
        link = f"http://{hub.host}/{LINK}&tab=map&opacity=0.5"
        for name in ("dia", "eli"):  # each is asked to log in on the way, and lands where the link leads
            page = chromium.new_context().new_page()
            page.set_default_timeout(1000 * PATIENCE_S)
            page.goto(link)
            page.fill("#username_input", name)
            page.click("#login_submit")
            page.get_by_text("of this map clear").wait_for()
            seen.append(page.get_by_role("heading", name="Vientiane").first.inner_text())
            link = page.url
            assert "opacity=0.5" in link
            with page.expect_download() as download:
                page.get_by_text("Areas (CSV)").click()
            download.value.save_as(tmp_path / name)
            page.close()
    assert seen[0] == seen[1]
    assert (tmp_path / "dia").read_text().startswith("class,code,weight,hectares,share_of_mapped\n")
    assert (tmp_path / "dia").read_bytes() == (tmp_path / "eli").read_bytes()
