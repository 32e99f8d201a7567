import gzip
from collections.abc import Callable

import pytest

from portico.web.compression import accepts_gzip, compress, compress_well, is_text


@pytest.mark.parametrize(
    ("offer", "accepted"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("", False),
        ("deflate", False),
        ("x-gzip-like", False),
        ("gzip;q=0.001", True),
    ],
)
def test_gzip_is_sent_only_to_those_who_take_it(offer: str, accepted: bool) -> None:
    assert accepts_gzip(offer) is accepted


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        ("text/html; charset=utf-8", True),
        ("application/json", True),
        ("image/svg+xml", True),
        ("text/event-stream", False),
        ("text/event-stream; charset=utf-8", False),
        ("application/pdf", False),
        ("image/png", False),
        ("", False),
    ],
)
def test_text_is_compressed_but_never_event_streams(content_type: str, text: bool) -> None:
    assert is_text(content_type) is text


@pytest.mark.parametrize("pack", [compress, compress_well])
def test_compression_is_reproducible_and_any_gunzip_reads_it(pack: Callable[[bytes], bytes]) -> None:
    page = b"<li>order</li>" * 3000
    assert pack(page) == pack(page)
    assert len(pack(page)) < len(page) / 20
    assert gzip.decompress(pack(page)) == page
