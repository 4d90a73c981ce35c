"""
Fetch the style sheet, script and icons of others that the product serves itself; run by `make vendor`.

Needs npm. What it writes is committed: `customerflow/static/vendor/` holds its output and nothing else. To move to a
new version, change PACKAGES (an icon: icons.txt), run it, look at the pages, and commit.
"""

import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from xml.etree import ElementTree

SCRIPTS = Path(__file__).resolve().parent
TARGET = SCRIPTS.parent / "customerflow" / "static" / "vendor"

PACKAGES = {"@tabler/core": "1.6.1", "@tabler/icons": "3.51.0", "htmx.org": "2.0.11"}

# The file in the product: the package and the file in it.
FILES = {
    "tabler.min.css": ("@tabler/core", "dist/css/tabler.min.css"),
    "htmx.min.js": ("htmx.org", "dist/htmx.min.js"),
    "tabler-icons-LICENSE.txt": ("@tabler/icons", "LICENSE"),
    "htmx-LICENSE.txt": ("htmx.org", "LICENSE"),
}
LICENCES = {
    "tabler.min.css": "MIT, tabler-LICENSE.txt",
    "htmx.min.js": "0BSD, htmx-LICENSE.txt",
    "icons.svg": "MIT, tabler-icons-LICENSE.txt",
}

INVENTORY = """# Files of others

Written by `make vendor` (scripts/vendor.py); do not edit. Comments that name source maps are cut off; icons.svg holds
the icons that scripts/icons.txt names.

| file | package | licence | SHA-256 |
|---|---|---|---|
"""
SVG = "http://www.w3.org/2000/svg"
SOURCE_MAP = re.compile(r"\s*(/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=.*)\s*$")


def main() -> None:
    """Fetch the packages and write the vendored files with their list."""
    with tempfile.TemporaryDirectory() as folder:
        packages = {name: fetch(name, version, Path(folder)) for name, version in PACKAGES.items()}
        shutil.rmtree(TARGET, ignore_errors=True)
        TARGET.mkdir(parents=True)
        for name, (package, path) in FILES.items():
            (TARGET / name).write_text(without_source_map((packages[package] / path).read_text()))
        (TARGET / "icons.svg").write_text(sprite(packages["@tabler/icons"] / "icons" / "outline"))
    # The package of the style sheet carries no licence file; the text is that of its repository.
    shutil.copyfile(SCRIPTS / "tabler-LICENSE.txt", TARGET / "tabler-LICENSE.txt")
    (TARGET / "VENDOR.md").write_text(inventory())


def fetch(name: str, version: str, folder: Path) -> Path:
    """Download one package (npm checks its integrity) and return where its files are."""
    packed = subprocess.run(  # noqa: S603
        ["npm", "pack", "--silent", f"{name}@{version}"],  # noqa: S607
        cwd=folder, check=True, capture_output=True, text=True,
    )  # fmt: skip
    target = folder / name
    with tarfile.open(folder / packed.stdout.strip()) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def without_source_map(text: str) -> str:
    """Cut the comment that names a file which we do not serve."""
    return SOURCE_MAP.sub("\n", text)


def sprite(folder: Path) -> str:
    """Return the icons named in icons.txt as one SVG file, a symbol for each."""
    ElementTree.register_namespace("", SVG)
    names = (SCRIPTS / "icons.txt").read_text().split()
    symbols = (symbol(name, ElementTree.parse(folder / f"{name}.svg").getroot()) for name in names)  # noqa: S314
    return f'<svg xmlns="{SVG}">\n{"".join(symbols)}</svg>\n'


def symbol(name: str, drawing: ElementTree.Element) -> str:
    """Return one icon as a symbol that takes its colour from the text around it."""
    shapes = "".join(
        ElementTree.tostring(shape, encoding="unicode").strip() for shape in drawing if shape.get("stroke") != "none"
    )
    shapes = shapes.replace(f' xmlns="{SVG}"', "")
    look = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="{name}" viewBox="0 0 24 24" {look}>{shapes}</symbol>\n'


def inventory() -> str:
    """Return the list of the vendored files as a table."""
    versions = {"tabler.min.css": "@tabler/core", "icons.svg": "@tabler/icons", "htmx.min.js": "htmx.org"}
    rows = [
        f"| {name} | {package} {PACKAGES[package]} | {LICENCES[name]} | {hashlib.sha256(data).hexdigest()} |\n"
        for name, package in versions.items()
        for data in [(TARGET / name).read_bytes()]
    ]
    return INVENTORY + "".join(rows)


if __name__ == "__main__":
    main()
