"""The installation's certificate authority: the same each time, and another installation's is another."""

from __future__ import annotations

import datetime as dt

from cryptography import x509

from portico_signatures import authority

KEY = b"0123456789abcdef0123456789abcdef"
AT = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def test_it_is_the_same_each_time_it_is_made() -> None:
    first = authority.pem(authority.authority(KEY).certificate)
    authority.authority.cache_clear()
    assert authority.pem(authority.authority(KEY).certificate) == first
    assert authority.pem(authority.authority(KEY[::-1]).certificate) != first


def test_a_companys_certificate_is_below_it_and_may_sign_documents_alone() -> None:
    made = authority.issue(KEY, "Société Générale d’Exemple", AT)
    found = x509.load_pem_x509_certificate(made.certificate.encode())
    above = authority.authority(KEY).certificate
    found.verify_directly_issued_by(above)
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not found.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    assert found.not_valid_after_utc <= above.not_valid_after_utc
    assert made.key != authority.issue(KEY, "Société Générale d’Exemple", AT).key


def test_a_long_name_is_cut() -> None:
    made = authority.issue(KEY, "x" * 200, AT)
    name = x509.load_pem_x509_certificate(made.certificate.encode()).subject
    assert {len(one.value) for one in name} == {authority.LONGEST_NAME}
