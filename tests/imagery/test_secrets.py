"""What only its owner may know of an address is in no file, message, log or link, whatever its server answers."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
from typing import TYPE_CHECKING

import pytest
from faulty_server import files
from lulc_explorer.engine.errors import user_message
from stac_server import landing

import lulc_core as lulc
from lulc_core import cli
from lulc_core.imagery import fetching, silence, stac_api
from lulc_core.imagery.access import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from pathlib import Path

    from making import MadeCatalog

SECRET = "TopSecret"
"""Part of every secret, so that one search finds each."""
USER = f"me:{SECRET}@"
QUERIES = (
    f"sig={SECRET}",
    f"sp=r&se=2099-01-01&skoid={SECRET}oid&sig={SECRET}%2Bx%3D",
    f"X-Amz-Credential={SECRET}AKIA%2F20200101&X-Amz-Security-Token={SECRET}&X-Amz-Signature={SECRET}",
    f"subscription-key={SECRET}&other",
)
ANSWERS = ("500", "403", "page", "truncated", "short", "empty", "circle", "dead")


def _echo(path: str, headers: Message) -> bytes:
    return f"<html>no {path} for {headers.get('Authorization')} nor {USER}</html>".encode()


@contextlib.contextmanager
def answering(folder: Path, answer: str) -> Iterator[str]:
    """Serve a folder with one kind of answer only, which tells what was asked; the address of nobody if it is dead."""
    if answer == "dead":
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        yield f"http://127.0.0.1:{port}"
        return
    status = {"500": 500, "403": 403, "page": 200}.get(answer)
    with files(
        folder, answer, share=1.0, first=lambda path, headers: (status, _echo(path, headers)) if status else None
    ) as address:
        yield address


@pytest.fixture(autouse=True)
def _briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    for known in ("_since", "_heard", "_failing"):
        monkeypatch.setattr(silence, known, {})
    monkeypatch.setattr(fetching, "REMOTE_ATTEMPTS", 2)
    monkeypatch.setattr(stac_api, "ATTEMPTS", 2)
    monkeypatch.setitem(fetching._GDAL, "GDAL_HTTP_MAX_RETRY", "0")
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "PC_SDK_SUBSCRIPTION_KEY"):
        monkeypatch.setenv(name, f"{SECRET}{name}")


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """What a test adds, and what was logged and printed: none of it with a secret."""
    told: list[str] = []
    caplog.set_level(logging.DEBUG)
    yield told
    everything = [*told, *capfd.readouterr(), *(logging.Formatter().format(record) for record in caplog.records)]
    assert told
    assert not [text for text in everything if SECRET.lower() in text.lower()]


def left_in(folder: Path) -> list[str]:
    """The files that a secret has got into."""
    every = [path for path in folder.rglob("*") if path.is_file()]
    assert every
    return [str(path) for path in every if SECRET.encode() in path.read_bytes() or SECRET in str(path)]


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_secret_of_an_image_leaves_its_address(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path, said: list[str], answer: str
) -> None:
    out, region = tmp_path / "out", lulc.catalog_region(made.root)
    with files(made.root, "page", times=0) as good, answering(made.root, answer) as bad:
        for feature, query, address in zip(made.items, QUERIES, (good, bad, bad, bad), strict=True):
            where = address.replace("://", f"://{USER}")
            for asset in feature["assets"].values():
                asset["href"] = asset["href"].replace("./", f"{where}/") + f"?{query}"
            feature["links"] = [{"rel": "self", "href": f"{where}/{feature['id']}?{query}"}]
        made.save()
        request = lulc.MapRequest(region=region, year=2020, catalog=made.root, model=tiny_model, max_scenes=0)
        report = lulc.make_map(request, out, progress=lambda step: said.append(repr(step)))
        with pytest.raises(lulc.UnreachableError) as told:
            lulc.load(lulc.search(region, year=2020, catalog=made.root)[1:2], region.grid, ("B04",)).compute()
    assert [scene["id"] for scene in report.failed] == [feature["id"] for feature in made.items[1:]]
    said += [repr(report), str(report), user_message(told.value)]
    assert left_in(out) == []
    links = json.loads((out / "item.json").read_text())["links"]
    assert f"{good}/S2A_202001" in [link["href"] for link in links]


@pytest.mark.parametrize("answer", ["good", *ANSWERS])
def test_no_secret_of_a_catalog_leaves_its_address(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path, said: list[str], answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages, out = tmp_path / "pages", tmp_path / "out"
    pages.mkdir()
    with files(made.root, "page", times=0) as images:
        for asset in (asset for feature in made.items for asset in feature["assets"].values()):
            asset["href"] = asset["href"].replace("./", f"{images}/") + f"?{QUERIES[0]}"
        (pages / "search").write_text(json.dumps({"type": "FeatureCollection", "features": made.items, "links": []}))
        serve = files(pages, "page", times=0) if answer == "good" else answering(pages, answer)
        region = lulc.catalog_region(made.root)
        with serve as address:
            about = landing(address.replace("://", f"://{USER}"))
            for link in about["links"]:
                link["href"] += f"?{QUERIES[2]}"
            (pages / "index.json").write_text(json.dumps(about))
            catalog = f"{address.replace('://', f'://{USER}')}/?{QUERIES[1]}"
            where = ["--bbox", *map(str, region.bbox), "--year", "2020", "--max-scenes", "0"]
            command = ["lulc", "map", "--catalog", catalog, *where, "--model", str(tiny_model), "--out", str(out)]
            monkeypatch.setattr("sys.argv", [*command, "--verbose"])
            with pytest.raises(SystemExit) as stopped:
                cli.main()
            with contextlib.suppress(lulc.LulcError):
                said += map(repr, lulc.search(region, year=2020, catalog=catalog, timeout=3)[:0])
            with pytest.raises(lulc.LulcError) as told:
                lulc.search(region, year=1999, catalog=catalog, timeout=3)
    said.append(user_message(told.value))
    assert bool(stopped.value.code) == (answer != "good")
    if answer == "good":
        assert left_in(out) == []
        assert json.loads((out / "report.json").read_text())["catalog"] == f"{address}/"


@pytest.mark.parametrize("before", ["", "'/vsicurl/", "no answer from <", "(", '{"href": "'])
@pytest.mark.parametrize(
    "address",
    [
        *(f"https://example.org/a.tif?{query}" for query in QUERIES),
        *(f"HTTPS://example.org/a.tif?{query}" for query in QUERIES[:1]),
        *(f"{scheme}://{USER}example.org/a.tif" for scheme in ("http", "ftp", "s3", "S3", "az", "gs", "Https")),
        f"https:///a.tif?sig={SECRET}",
        f"https://[::1/a.tif?sig={SECRET}",
        f"abfs://{USER}example.org/a.tif?sig={SECRET}",
        f"/a/b.tif?se=2099&sig={SECRET}",
        f"b.tif?sig={SECRET}&se=2099",
        f"https://example.org/a.tif?se=2099&amp;sig={SECRET}",
        f"https://example.org/a.tif?se=2099\\u0026sig={SECRET}",
        f"https%3A%2F%2Fexample.org%2Fa.tif%3Fsig%3D{SECRET}",
        f"https://example.org/a.tif#sig={SECRET}",
    ],
)
def test_a_text_has_no_secret_of_any_address(before: str, address: str) -> None:
    assert SECRET not in without_secrets(f"{before}{address}' is not there")
