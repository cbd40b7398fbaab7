"""Licences and known weaknesses of what is installed and pinned: `make check-release` runs it.

The table of licences goes to docs/_build/licences.md. A licence on which Apache-2.0 software may not depend and a known
weakness, are failures; where the service of weaknesses does not answer, that is said.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

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
        print(f"Not audited, the service of weaknesses did not answer: {done.stderr.strip()[-300:]}")
        return 0
    audited = [package for package in packages if "vulns" in package and "skip_reason" not in package]
    print(f"{len(audited)} of {len(packages)} pinned packages were audited; the service does not know the others.")
    weak = [package for package in audited if package["vulns"]]
    for package in weak:
        print(f"Weak: {package['name']} {package['version']}: {', '.join(found['id'] for found in package['vulns'])}")
    return len(weak)


if __name__ == "__main__":
    failures = check_licences() + check_weaknesses()
    sys.exit(failures > 0)
