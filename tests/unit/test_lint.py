"""The linter, set up as the project sets it up, refuses what docs/security.md says that it refuses: each rule is shown a bad
line in each part of the product. The product itself has none, and silences none of these rules."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("core/portico", "plugins/portico_orders", "connectors/portico_erp", "themes/portico_clear", "demo", "migrations")
BAD = {
    "S608": "def found(db, name):\n    return db.execute(f\"SELECT id FROM item WHERE name = '{name}'\")\n",
    "S301": "import pickle\n\n\ndef read(data):\n    return pickle.loads(data)\n",
    "S506": "import yaml\n\n\ndef read(data):\n    return yaml.load(data, Loader=yaml.Loader)\n",
    "S313": "import xml.etree.cElementTree\n\n\ndef read(data):\n    return xml.etree.cElementTree.fromstring(data)\n",
    "S314": "import xml.etree.ElementTree\n\n\ndef read(data):\n    return xml.etree.ElementTree.fromstring(data)\n",
    "S315": "import xml.sax.expatreader\n\n\ndef reader():\n    return xml.sax.expatreader.create_parser()\n",
    "S316": "from xml.dom import expatbuilder\n\n\ndef read(data):\n    return expatbuilder.parseString(data)\n",
    "S317": "import xml.sax\n\n\ndef read(data, handler):\n    xml.sax.parseString(data, handler)\n",
    "S318": "from xml.dom import minidom\n\n\ndef read(data):\n    return minidom.parseString(data)\n",
    "S319": "from xml.dom import pulldom\n\n\ndef read(data):\n    return pulldom.parseString(data)\n",
}
"""Rule → the text of a module that breaks it, and nothing else."""
OTHER_PARSERS = {"lxml", "defusedxml", "signxml", "xmltodict", "bs4", "html5lib"}


def ruff(*arguments: str, text: str | None = None) -> list[str]:
    """The rules that are broken, one for each time."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json", *arguments]
    done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    found = [one["code"] for one in json.loads(done.stdout)]
    assert bool(found) == bool(done.returncode), "whoever breaks a rule does not pass `make lint`"
    return found


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("rule", BAD)
def test_the_linter_refuses_it(rule: str, part: str) -> None:
    assert ruff("--stdin-filename", f"{part}/planted.py", "-", text=BAD[rule]) == [rule]


def test_the_product_breaks_and_silences_none_of_these_rules() -> None:
    assert ruff("--ignore-noqa", "--select", ",".join(BAD), *(part.split("/")[0] for part in PARTS)) == []


READ_OUR_OWN = {f"plugins/portico_einvoices/{name}.py" for name in ("checker", "elements", "embedding")}
"""They write XML, and read what the portal wrote itself, without entities and network."""


def test_a_parser_of_another_library_is_loaded_in_one_place() -> None:
    """The linter knows those of Python itself."""
    found = set()
    for folder in ("core", "plugins", "connectors", "themes", "demo"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                if any(name.split(".")[0] in OTHER_PARSERS for name in names):
                    found.add(str(file.relative_to(ROOT)))
    assert found == {"core/portico/identity/sso/saml.py", *READ_OUR_OWN}
