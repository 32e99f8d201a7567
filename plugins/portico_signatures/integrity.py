"""Whether a company's certificate made a signature (CMS, RFC 5652), and over what."""

from __future__ import annotations

from asn1crypto import cms
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from portico_signatures import sealing

LONGEST = 64 << 10


def is_sound(message: bytes, certificate: str, digest: bytes) -> bool | None:
    """message: DER, with zeros behind it. certificate: PEM. digest: SHA-256 of what it covers. None: another's signature."""
    if len(message) > LONGEST:
        return None
    [ours] = sealing.certificates(certificate)
    try:
        signed = cms.ContentInfo.load(message)["content"]
        known = [one.chosen.dump() for one in signed["certificates"]]
        [signer] = signed["signer_infos"]
        if ours.dump() not in known or signer["sid"].chosen["serial_number"].native != ours.serial_number:
            return None
        intact, valid = validate_sig_integrity(signer, ours, "data", digest)
    except (ValueError, TypeError, KeyError, AttributeError, NotImplementedError, SignatureValidationError):
        return None  # what cannot be read is nobody's signature
    return bool(intact and valid)
