"""Puts a page of evidence behind a document, and the company's signature (PAdES) on both. Knows no database.

The document's bytes stay as they are, at the beginning of the file: what follows is appended, as PDF provides for.
"""

from __future__ import annotations

from io import BytesIO

from asn1crypto import keys, pem, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from portico_signatures.authority import Identity

FIELD = "Signature"
ROOM = 16_384
"""Bytes for the signature with its certificates; what is not used is filled with zeros."""


def seal(document: bytes, evidence: bytes, identity: Identity, *, reason: str, address: str) -> bytes:
    """The document, the pages of `evidence`, and a signature over all of it. address: where anybody can verify it."""
    writer = IncrementalPdfFileWriter(BytesIO(document))
    _append(writer, PdfFileReader(BytesIO(evidence)))
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        reason=reason,
        contact_info=address,
    )
    made = signers.PdfSigner(metadata, signer=_signer(identity)).sign_pdf(writer, bytes_reserved=ROOM)
    return bytes(made.getbuffer())


def _append(writer: IncrementalPdfFileWriter, pages: PdfFileReader) -> None:
    for number in range(int(pages.root["/Pages"]["/Count"])):
        found = pages.find_page_for_modification(number)[0].get_object()
        page = generic.DictionaryObject({
            generic.NameObject(name): writer.import_object(found.raw_get(name))
            for name in ("/Type", "/MediaBox", "/Contents", "/Resources")
        })  # fmt: skip
        writer.insert_page(page)


def _signer(identity: Identity) -> signers.SimpleSigner:
    _type, _headers, key = pem.unarmor(identity.key.encode())
    certificate, *_none = certificates(identity.certificate)
    above = SimpleCertificateStore()
    above.register_multiple(certificates(identity.chain))
    return signers.SimpleSigner(
        signing_cert=certificate, signing_key=keys.PrivateKeyInfo.load(key), cert_registry=above
    )


def certificates(text: str) -> list[x509.Certificate]:
    """Of PEM."""
    return [x509.Certificate.load(one) for _type, _headers, one in pem.unarmor(text.encode(), multiple=True)]
