"""Licences and known weaknesses of what is installed and pinned: `make check-release` runs it.

The table of licences goes to docs/_build/licences.md. A licence on which Apache-2.0 software may not depend, and a
known weakness, are failures. What was not audited, because the service of weaknesses did not answer or does not know
it, is said in the last lines: it is no failure, and no success.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

PERMISSIVE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|0BSD|Zlib|PSF|Python Software Foundation|Unlicense|CC0|Public Domain|HPND|MPL|Mozilla"
    r"|DFSG approved|CC-BY-4)|Redistribution and use in source|Permission is hereby granted",
    re.IGNORECASE,
)
"""Licences on which Apache-2.0 software may depend; MPL as long as its files are not changed."""
COPYLEFT = re.compile(r"GPL|General Public|SSPL|Commons Clause|CC-BY-NC", re.IGNORECASE)
REASONED = {
    "axe-playwright-python": "its metadata names none; its file is the MIT License",
    "docutils": "BSD or public domain but for an Emacs mode, which is not imported",
    "odc-stac": "its metadata names none; its file is the Apache License 2.0",
    "psycopg": "LGPL; an extra, loaded unchanged as a library",
    "psycopg-binary": "LGPL; an extra, loaded unchanged as a library",
    "text-unidecode": "Artistic License or GPL, as one chooses: Artistic",
}
"""Package to why it may be depended on, whatever its licence looks like."""
NAMED = 10
"""Most packages that are named as not audited."""


def check_licences() -> int:
    """Print what may not be depended on; return how many packages."""
    command = [sys.executable, "-m", "piplicenses", "--format=json", "--from=mixed", "--with-urls"]
    rows = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    wrong, lines = [], ["| package | version | licence |", "|---|---|---|"]
    for row in rows:
        name, licence = row["Name"], " ".join(row["License"].split())
        allowed = PERMISSIVE.search(licence) and not COPYLEFT.search(licence)
        if not allowed and name not in REASONED:
            wrong.append(f"{name}: {licence[:100]}")
        shown = licence[:80].replace("|", "/") + (f" ({REASONED[name]})" if name in REASONED else "")
        lines.append(f"| {name} | {row['Version']} | {shown} |")
    table = Path(__file__).parent / "_build" / "licences.md"
    table.parent.mkdir(exist_ok=True)
    table.write_text("\n".join(lines) + "\n")
    print(f"{len(rows)} licences in {table}")
    for line in wrong:
        print(f"Not allowed, or not known: {line}")
    return len(wrong)


def check_weaknesses() -> int:
    """Print the known weaknesses of what constraints.txt pins; return of how many packages."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", "constraints.txt", "--no-deps", "--disable-pip"]
    command += ["--format=json", "--progress-spinner=off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        print(f"NOT AUDITED: the service of weaknesses did not answer. {done.stderr.strip()[-300:]}")
        return 0
    lines, weak = verdict(packages)
    print("\n".join(lines))
    return weak


def verdict(packages: list[dict[str, Any]]) -> tuple[list[str], int]:
    """Return what to say of pip-audit's list of dependencies, and how many have known weaknesses."""
    audited = [package for package in packages if "vulns" in package and "skip_reason" not in package]
    skipped = [package["name"] for package in packages if package not in audited]
    weak = [package for package in audited if package["vulns"]]
    lines = [f"Weak: {one['name']} {one['version']}: {', '.join(v['id'] for v in one['vulns'])}" for one in weak]
    lines.append(f"{len(audited)} of {len(packages)} pinned packages were audited; {len(weak)} have known weaknesses.")
    if skipped:
        some = ", ".join(skipped[:NAMED]) + (", ..." if len(skipped) > NAMED else "")
        lines.append(
            f"NOT AUDITED: {len(skipped)} of {len(packages)}, which the service of weaknesses does not know: {some}."
        )
        lines.append("Nothing is known of them. Run this again where the Python Package Index itself answers.")
    return lines, len(weak)


if __name__ == "__main__":
    failures = check_licences() + check_weaknesses()
    sys.exit(failures > 0)
