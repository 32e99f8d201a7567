"""Makes a PDF/A-3 of ours a Factur-X: the invoice as XML inside, and the words by which readers find it there.

The document's bytes stay as they are, at the beginning of the file; what follows is appended, as PDF provides for. The same
document and XML give the same bytes.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from io import BytesIO
from typing import Any

from lxml import etree
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.embed import EmbeddedFileObject, EmbeddedFileParams, FileSpec, embed_file
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from portico_einvoices.errors import NotArchivalError

FILE_NAME = "factur-x.xml"
_FACTUR_X = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_PDFA = "http://www.aiim.org/pdfa/ns/"
_VALUES = (
    ("DocumentType", "INVOICE", "The type of the hybrid document"),
    ("DocumentFileName", FILE_NAME, "The name of the embedded XML document"),
    ("Version", "1.0", "The version of the standard that the embedded XML follows"),
    ("ConformanceLevel", "EN 16931", "The profile of the embedded XML"),
)
_PROLOGUE, _EPILOGUE = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>', b'<?xpacket end="r"?>'


class _Writer(IncrementalPdfFileWriter):
    """Without the moment and the random identifier that would make the same data other bytes."""

    @classmethod
    def _handle_id(cls, prev: Any) -> generic.ArrayObject:
        first = prev.trailer["/ID"][0]
        kept = first.original_bytes if isinstance(first, generic.TextStringObject) else bytes(first)
        return generic.ArrayObject([generic.ByteStringObject(kept), generic.ByteStringObject(kept)])

    def ensure_output_version(self, version: Any) -> None:
        """PDF/A-3 is of PDF 1.7, which has attachments that are told apart, whatever number they came into the norm with."""

    def _update_meta(self) -> None:
        """What is known about the document is known already, and `_metadata` says what is new."""


def embed(document: bytes, xml: bytes, at: datetime, description: str) -> bytes:
    """document: a PDF/A-3; at: as of when it stands so, aware. Raises NotArchivalError for any other PDF."""
    writer = _Writer(BytesIO(document), strict=False)
    stream = writer.root["/Metadata"] if "/Metadata" in writer.root else None
    if stream is None or b"<pdfaid:part>3<" not in stream.data:
        raise NotArchivalError
    params = EmbeddedFileParams(embed_checksum=False, modification_date=at)
    held = EmbeddedFileObject.from_file_data(writer, xml, params=params, mime_type="text/xml")
    embed_file(
        writer,
        FileSpec(FILE_NAME, FILE_NAME, held, description=description, af_relationship=pdf_name("/Alternative")),
    )
    told = generic.StreamObject(
        {pdf_name("/Type"): pdf_name("/Metadata"), pdf_name("/Subtype"): pdf_name("/XML")},
        stream_data=_metadata(stream.data),
    )
    writer.root["/Metadata"] = writer.add_object(told)
    writer.update_root()
    digest = hashlib.sha256(document + xml).digest()[:16]
    writer._document_id[1] = generic.ByteStringObject(digest)
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def _metadata(packet: bytes) -> bytes:
    """The document's XMP with the properties of Factur-X, and the schema of these that PDF/A wants beside them."""
    root = etree.fromstring(packet, etree.XMLParser(resolve_entities=False, no_network=True))
    rdf = root if root.tag == f"{{{_RDF}}}RDF" else root.find(f"{{{_RDF}}}RDF")
    described = etree.SubElement(rdf, f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""}, nsmap={"fx": _FACTUR_X})
    for name, value, _about in _VALUES:
        etree.SubElement(described, f"{{{_FACTUR_X}}}{name}").text = value
    schemas = rdf.find(f".//{{{_PDFA}extension/}}schemas/{{{_RDF}}}Bag")
    if schemas is None:
        owner = etree.SubElement(rdf, f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""}, nsmap={"ext": f"{_PDFA}extension/"})
        schemas = etree.SubElement(etree.SubElement(owner, f"{{{_PDFA}extension/}}schemas"), f"{{{_RDF}}}Bag")
    schemas.append(_schema())
    return _PROLOGUE + bytes(etree.tostring(root, encoding="UTF-8")) + _EPILOGUE


def _schema() -> Any:
    schema, of_property = f"{_PDFA}schema#", f"{_PDFA}property#"
    own = _resource(None, {"pdfaSchema": schema, "pdfaProperty": of_property, "rdf": _RDF})
    for name, text in (("schema", "Factur-X PDFA Extension Schema"), ("namespaceURI", _FACTUR_X), ("prefix", "fx")):
        etree.SubElement(own, f"{{{schema}}}{name}").text = text
    properties = etree.SubElement(etree.SubElement(own, f"{{{schema}}}property"), f"{{{_RDF}}}Seq")
    for name, _value, about in _VALUES:
        one = _resource(properties)
        for key, text in (("name", name), ("valueType", "Text"), ("category", "external"), ("description", about)):
            etree.SubElement(one, f"{{{of_property}}}{key}").text = text
    return own


def _resource(parent: Any, names: dict[str, str] | None = None) -> Any:
    attributes = {f"{{{_RDF}}}parseType": "Resource"}
    if parent is None:
        return etree.Element(f"{{{_RDF}}}li", attributes, nsmap=names)
    return etree.SubElement(parent, f"{{{_RDF}}}li", attributes)
