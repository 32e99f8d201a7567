"""What an address of a company's system may look like."""

from __future__ import annotations

import colander
import pytest

from portico_erp.settings import is_web_address

NODE = colander.SchemaNode(colander.String(), name="url")


@pytest.mark.parametrize("address", ["https://erp.example", "http://erp.example:8069/web", "https://erp.example/rest/v1"])
def test_addresses_of_one_host_are_taken(address: str) -> None:
    is_web_address("Enter an address.")(NODE, address)


@pytest.mark.parametrize("address", [
    "erp.example", "ftp://erp.example", "https://", "https://user:word@erp.example", "https://erp.example:0",
    "https://erp.example:port", "https://erp.example/?query=1", "https://erp.example/#part", "https://bücher.example",
    "https://erp.example/" + "x" * 300,
])  # fmt: skip
def test_all_others_are_refused_in_the_connectors_own_words(address: str) -> None:
    with pytest.raises(colander.Invalid) as caught:
        is_web_address("Enter an address.")(NODE, address)
    assert caught.value.msg == "Enter an address."
