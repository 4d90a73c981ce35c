"""Files of others that we serve: as recorded, with their licences, and with all that our pages name."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings

from customerflow.hub.navigation import LINKS, QUICK_ACTIONS

VENDOR = Path(settings.BASE_DIR, "customerflow", "static", "vendor")
ROW = re.compile(
    r"^\| (?P<file>\S+) \| (?P<package>\S+ [\d.]+) \| \S+, (?P<licence>\S+) \| (?P<sum>[0-9a-f]{64}) \|$", re.M
)
RECORDED = {row["file"]: row for row in ROW.finditer((VENDOR / "VENDOR.md").read_text())}
SYMBOLS = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "icons.svg").read_text()))


def test_every_vendored_file_is_recorded_with_its_licence():
    licences = {row["licence"] for row in RECORDED.values()}
    assert {file.name for file in VENDOR.iterdir()} == {"VENDOR.md", *RECORDED, *licences}


@pytest.mark.parametrize("name", RECORDED)
def test_a_vendored_file_is_as_recorded(name):
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == RECORDED[name]["sum"]


def test_no_file_names_a_source_map():
    named = [file.name for file in VENDOR.glob("*.min.*") if "sourceMappingURL" in file.read_text()]
    assert named == []


def test_every_icon_that_a_template_names_is_in_the_sprite():
    templates = Path(settings.BASE_DIR, "templates").rglob("*.html")
    used = {name for file in templates for name in re.findall(r'{% icon "([^"]+)"', file.read_text())}
    assert used
    assert used - SYMBOLS == set()


def test_every_icon_of_the_navigation_is_in_the_sprite():
    assert {link.icon for link in LINKS + QUICK_ACTIONS} - SYMBOLS == set()


def test_no_template_and_no_script_of_ours_needs_a_looser_policy():
    forbidden = re.compile(r'\sstyle="|<style|\son[a-z]+="|<script>|javascript:|https?://(?!www\.w3\.org/)')
    ours = [
        *Path(settings.BASE_DIR, "templates").rglob("*.html"),
        *Path(settings.BASE_DIR, "customerflow", "static", "customerflow").iterdir(),
    ]
    assert [file.name for file in ours if forbidden.search(file.read_text())] == []
