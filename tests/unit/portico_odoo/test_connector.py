"""What an Odoo likes, by where it is hosted."""

from __future__ import annotations

import pytest

from portico_erp.connector import Rate
from portico_odoo.connector import Odoo


@pytest.mark.parametrize(
    ("url", "rate"),
    [
        ("https://regency.odoo.com", Rate(60, 60)),
        ("https://Regency.ODOO.com/web", Rate(60, 60)),
        ("https://erp.regency.example", None),
        ("https://odoo.com.evil.example", None),
        ("not an address", None),
    ],
)
def test_odoos_own_hosting_is_asked_less_often(url: str, rate: Rate | None) -> None:
    assert Odoo().rate({"url": url}) == rate
