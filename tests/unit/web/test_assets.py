import asyncio
import gzip
import os
from pathlib import Path

import pytest

from portico.web.assets import Assets, UnknownAssetError

CSS = b"body { color: red }\n" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "static"
    for name, body in {
        "portico/css/portico.css": CSS,
        "portico/img/dot.png": b"\x89PNG" * 300,
        "portico/.secret": b"s",
        "outside.txt": b"o",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(body)
    (tmp_path / "secret.txt").write_text("secret")
    return root


def ask(
    assets: Assets, path: str, query: str = "", method: str = "GET", root: str = "", **headers: str
) -> tuple:
    sent: list = []

    async def send(message: dict) -> None:
        sent.append(message)

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": method,
        "path": root + path,
        "root_path": root,
        "query_string": query.encode(),
        "headers": pairs,
    }
    asyncio.run(assets(scope, None, send))  # type: ignore[arg-type]
    return sent[0]["status"], {k.decode(): v.decode() for k, v in sent[0]["headers"]}, sent[1]["body"]


def test_url_carries_the_hash_and_is_served_for_ever(folder: Path) -> None:
    assets = Assets({"portico": folder})
    path, _, query = assets.url("portico/css/portico.css").partition("?")
    assert path == "/static/portico/css/portico.css"
    assert len(query) == len("v=") + 10
    status, headers, body = ask(assets, path, query)
    assert (status, body) == (200, CSS)
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-type"] == "text/css; charset=utf-8"
    assert headers["content-length"] == str(len(CSS))


def test_another_hash_is_not_cached(folder: Path) -> None:
    assets = Assets({"portico": folder})
    for query in ("", "v=0000000000", "v="):
        assert ask(assets, "/static/portico/css/portico.css", query)[1]["cache-control"] == "no-cache"


def test_text_is_sent_packed_to_those_who_take_it(folder: Path) -> None:
    assets = Assets({"portico": folder})
    _, headers, body = ask(assets, "/static/portico/css/portico.css", accept_encoding="gzip, br")
    assert headers["content-encoding"] == "gzip"
    assert headers["vary"] == "Accept-Encoding"
    assert len(body) == int(headers["content-length"])
    assert len(body) < len(CSS)
    assert gzip.decompress(body) == CSS
    assert "content-encoding" not in ask(assets, "/static/portico/img/dot.png", accept_encoding="gzip")[1]


def test_a_known_tag_is_answered_without_a_body(folder: Path) -> None:
    assets = Assets({"portico": folder})
    for encoding in ("", "gzip"):
        tag = ask(assets, "/static/portico/css/portico.css", accept_encoding=encoding)[1]["etag"]
        status, headers, body = ask(
            assets, "/static/portico/css/portico.css", accept_encoding=encoding, if_none_match=f'"x", W/{tag}'
        )
        assert (status, body) == (304, b"")
        assert "content-length" not in headers


def test_plain_and_packed_have_different_tags(folder: Path) -> None:
    assets = Assets({"portico": folder})
    plain = ask(assets, "/static/portico/css/portico.css")[1]["etag"]
    assert (
        ask(assets, "/static/portico/css/portico.css", accept_encoding="gzip", if_none_match=plain)[0] == 200
    )


@pytest.mark.parametrize(
    "path",
    [
        "/static/../secret.txt",
        "/static/portico/../../../secret.txt",
        "/static/",
        "/static/portico/css",
        "/static/portico/.secret",
        "/static/outside.txt",
        "/static//etc/passwd",
        "/static/portico/css/portico.css/",
    ],
)
@pytest.mark.parametrize("reload", [False, True])
def test_only_known_names_exist(folder: Path, path: str, reload: bool) -> None:
    assert ask(Assets({"portico": folder}, reload=reload), path)[0] == 404


def test_only_reading(folder: Path) -> None:
    assets = Assets({"portico": folder})
    assert ask(assets, "/static/portico/css/portico.css", method="POST")[0] == 405
    status, headers, body = ask(assets, "/static/portico/css/portico.css", method="HEAD")
    assert (status, body, headers["content-length"]) == (200, b"", str(len(CSS)))


def test_under_a_path_prefix_the_same_files_are_served(folder: Path) -> None:
    assert ask(Assets({"portico": folder}), "/static/portico/css/portico.css", root="/c/acme")[0] == 200


def test_base_is_put_in_front_and_allows_other_origins(folder: Path) -> None:
    assets = Assets({"portico": folder}, base="https://cdn.example/")
    assert assets.url("portico/img/dot.png").startswith("https://cdn.example/static/portico/img/dot.png?v=")
    headers = ask(assets, "/static/portico/img/dot.png")[1]
    assert headers["access-control-allow-origin"] == "*"


def test_an_unknown_name_in_a_template_is_an_error(folder: Path) -> None:
    with pytest.raises(UnknownAssetError):
        Assets({"portico": folder}).url("portico/css/missing.css")


def test_a_stylesheet_names_its_pictures_by_hash(folder: Path) -> None:
    sheet = folder / "portico/css/portico.css"
    sheet.write_bytes(
        b'a { background: url("../img/dot.png") } b { background: url(../img/none.png) }'
        b" c { background: url(data:image/png;base64,AA) } d { background: url( '/x.png' ) }"
    )
    assets = Assets({"portico": folder})
    hashed = assets.get("portico/img/dot.png").digest.encode()
    body = assets.get("portico/css/portico.css").body
    assert b'url("../img/dot.png?v=' + hashed + b'")' in body
    assert body.count(b"?v=") == 1


def test_in_development_a_change_is_seen(folder: Path) -> None:
    fixed, live = Assets({"portico": folder}), Assets({"portico": folder}, reload=True)
    before = live.url("portico/css/portico.css")
    sheet = folder / "portico/css/portico.css"
    sheet.write_bytes(b"changed")
    os.utime(sheet, ns=(1, 1))
    assert live.url("portico/css/portico.css") != before
    assert ask(live, "/static/portico/css/portico.css")[2] == b"changed"
    assert fixed.url("portico/css/portico.css") == before
    (folder / "portico/new.txt").write_text("new")
    assert ask(live, "/static/portico/new.txt")[2] == b"new"
    sheet.unlink()
    assert ask(live, "/static/portico/css/portico.css")[0] == 404
