"""`lulc report` writes a page, or Markdown, and says what is open."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import lulc_core as lulc
from lulc_core.cli import reporting


def test_a_report_is_written_as_a_page_and_as_markdown(tmp_path: Path) -> None:
    app = typer.Typer()
    reporting.register(app)
    (tmp_path / "sample.csv").write_text("stratum,map,reference\ns,a,a\ns,a,b\ns,b,b\nt,b,b\nt,a,a\nt,b,a\n")
    (tmp_path / "strata.csv").write_text("stratum,size\ns,100\nt,300\n")
    (tmp_path / "facts.json").write_text('{"interpreters": "Ana & Ben"}')
    files = [
        "--sample",
        tmp_path / "sample.csv",
        "--strata",
        tmp_path / "strata.csv",
        "--facts",
        tmp_path / "facts.json",
    ]

    def run(*arguments: object) -> str:
        result = CliRunner().invoke(app, [str(one) for one in (*files, *arguments)])
        if result.exception:
            raise result.exception
        return result.stdout

    found = json.loads(run("--out", tmp_path / "out" / "report.html", "--json"))
    assert "Ana &amp; Ben" in (tmp_path / "out" / "report.html").read_text()
    assert found["assessment"]["overall"]["value"] == pytest.approx(2 / 3)
    assert "interpreters" not in found["open_facts"]
    assert "blind" in run("--out", tmp_path / "report.md")
    assert (tmp_path / "report.md").read_text().startswith("# Accuracy assessment")
    assert not list(tmp_path.glob(".*.part"))
    with pytest.raises(lulc.InvalidInputError, match=r"ends in \.html or \.md"):
        run("--out", tmp_path / "report.pdf")
