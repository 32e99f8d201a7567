import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.web.prefix import (
    KEY,
    REFUSED,
    SLUG,
    PrefixMiddleware,
    Split,
    WSGIPrefixMiddleware,
    bare_host,
    split_prefix,
)

slugs = st.from_regex(SLUG, fullmatch=True)
segments = st.lists(
    st.sampled_from(
        [
            "c",
            "acme",
            "turinova",
            "",
            ".",
            "..",
            "%2f",
            "%2F..",
            "%2e%2e",
            "%252e",
            "%63",
            "x y",
            "é",
            "a%00",
            "%5c",
            "\\",
        ]
    )
)


@given(slugs)
def test_a_slug_is_moved_from_the_path_to_the_root(slug: str) -> None:
    assert split_prefix(f"/c/{slug}/orders/7", apex=True) == Split(slug, f"/c/{slug}", "/orders/7")


@given(slugs)
def test_without_the_slash_a_redirect_is_asked_for(slug: str) -> None:
    assert split_prefix(f"/c/{slug}", apex=True) == Split(slug, f"/c/{slug}", "")


@given(st.one_of(st.text(), segments.map(lambda parts: "/" + "/".join(parts))), st.booleans())
def test_nothing_is_lost_or_invented(raw: str, apex: bool) -> None:
    split = split_prefix(raw, apex=apex)
    if split is None:
        return
    assert split.root + split.rest == raw
    assert (split.slug is None) == (split.root == "")
    assert split.slug is None or (apex and SLUG.fullmatch(split.slug) and split.root == f"/c/{split.slug}")
    assert split.slug is not None or split.rest == raw


@given(segments.map(lambda parts: "/c/acme/" + "/".join(parts)))
def test_no_rest_can_climb_out_of_its_company(raw: str) -> None:
    split = split_prefix(raw, apex=True)
    if split is not None:
        assert split.slug in ("acme", None)
        assert not split.rest.startswith(("//", "/\\", "/%2f", "/%5c"))
        assert ".." not in split.rest.replace("%2F", "/").replace("%2f", "/").replace("%2e", ".").split("/")


@pytest.mark.parametrize(
    "raw",
    [
        "//c/acme/",
        "//evil.example/",
        "/\\evil.example",
        "/%2fevil.example",
        "/%5Cevil.example",
        "/c/acme//evil.example",
        "/c/acme/%2fevil.example",
        "/c/acme/../turinova/",
        "/c/acme/%2e%2e/turinova/",
        "/c/acme%2f..%2fturinova/",
        "/c/acme/x/..%2f..%2fturinova",
        "/c/./acme/",
        "/c/acme/a%00b",
        "",
        "c/acme/",
        "*",
    ],
)
def test_deceptive_paths_are_nobodys(raw: str) -> None:
    assert split_prefix(raw, apex=True) is None


@pytest.mark.parametrize(
    "raw",
    [
        "/c/ACME/",
        "/c/%61cme/",
        "/%63/acme/",
        "/c%2facme/",
        "/c/acme%2fx",
        "/c/",
        "/c",
        "/c/a_b/",
        "/c/" + "a" * 41 + "/",
        "/C/acme/",
        "/c/acme%0a/",
        "/c/acme\n",
        "/c//acme/",
    ],
)
def test_what_only_resembles_a_prefix_is_none(raw: str) -> None:
    assert split_prefix(raw, apex=True) == Split(None, "", raw)


def test_the_prefix_is_taken_once() -> None:
    assert split_prefix("/c/acme/c/turinova/", apex=True) == Split("acme", "/c/acme", "/c/turinova/")


def test_only_the_apex_has_prefixes() -> None:
    assert split_prefix("/c/acme/x", apex=False) == Split(None, "", "/c/acme/x")


@pytest.mark.parametrize(
    ("host", "bare"),
    [
        ("Portal.Example:443", "portal.example"),
        ("portal.example.", "portal.example"),
        ("[::1]:6543", "[::1]"),
        ("[::1]", "[::1]"),
        ("localhost", "localhost"),
        ("portal.example.:80", "portal.example"),
    ],
)
def test_hosts_are_compared_without_port_case_and_final_dot(host: str, bare: str) -> None:
    assert bare_host(host) == bare


def ask_asgi(
    path: bytes, host: bytes = b"portal.example", query: bytes = b"", **more: object
) -> tuple[dict, list]:
    seen: dict = {}
    sent: list = []

    async def app(scope: dict, receive: object, send: object) -> None:
        seen.update(scope)

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "path": path.decode("latin1"),
        "raw_path": path,
        "query_string": query,
        "headers": [(b"host", host)],
        **more,
    }
    asyncio.run(PrefixMiddleware(app, ["Portal.example"])(scope, None, send))  # type: ignore[arg-type]
    return seen, sent


def test_asgi_sets_root_path_and_keeps_the_path_whole() -> None:
    seen, _ = ask_asgi(b"/c/acme/orders")
    assert (seen["root_path"], seen["path"], seen[KEY]) == ("/c/acme", "/c/acme/orders", "acme")


def test_asgi_redirects_to_the_slash_with_the_query() -> None:
    _, sent = ask_asgi(b"/c/acme", query=b"a=1")
    assert sent[0]["status"] == 307
    assert (b"location", b"/c/acme/?a=1") in sent[0]["headers"]


def test_asgi_leaves_other_hosts_alone() -> None:
    seen, _ = ask_asgi(b"/c/acme/orders", host=b"portal.acme.example")
    assert (seen.get("root_path", ""), seen[KEY]) == ("", None)


@pytest.mark.parametrize(
    ("path", "query", "status", "told_at"),
    [
        (b"//evil.example/", b"lang=fr", 404, "/"),
        (b"/c/acme//evil.example", b"", 404, "/c/acme/"),
        (b"/c/acme/../turinova/", b"", 404, "/c/acme/"),
        (b"/c/acme/%ff", b"", 400, "/c/acme/"),
        (b"/%c0%af", b"", 400, "/"),
        (b"/c/acme/api/v1/%ff", b"", 400, "/c/acme/api/"),
        (b"/c/acme/x%00", b"", 400, "/c/acme/"),
        (b"/c/acme/x", b"q=%00", 400, "/c/acme/"),
        (b"/c/acme/x", b"q=%e9", 400, "/c/acme/"),
    ],
)
def test_what_no_page_may_see_is_told_at_a_harmless_path(
    path: bytes, query: bytes, status: int, told_at: str
) -> None:
    seen, sent = ask_asgi(path, query=query)
    assert not sent
    assert (seen[REFUSED], seen["path"], seen["raw_path"]) == (status, told_at, told_at.encode())
    assert seen["query_string"] == (b"" if status == 400 else query)


def test_applied_twice_it_splits_once() -> None:
    seen, _ = ask_asgi(b"/c/turinova/x", **{KEY: "acme"})
    assert seen[KEY] == "acme"


def ask_wsgi(path: str, host: str = "portal.example:80", query: str = "") -> tuple[dict, list]:
    seen: dict = {}
    started: list = []

    def app(environ: dict, start_response: object) -> list[bytes]:
        seen.update(environ)
        return [b""]

    environ = {"PATH_INFO": path, "SCRIPT_NAME": "", "HTTP_HOST": host, "QUERY_STRING": query}
    WSGIPrefixMiddleware(app, ["Portal.example"])(environ, lambda *args: started.append(args))
    return seen, started


def test_wsgi_moves_the_prefix_to_script_name() -> None:
    seen, _ = ask_wsgi("/c/acme/ordres/\xc3\xa9")
    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"], seen[KEY]) == ("/c/acme", "/ordres/\xc3\xa9", "acme")


def test_wsgi_redirects_and_refuses_alike() -> None:
    assert ask_wsgi("/c/acme", query="a=1")[1][0][1][0] == ("Location", "/c/acme/?a=1")
    refused = ask_wsgi("/c/acme/../turinova/")[0]
    assert (refused[REFUSED], refused["SCRIPT_NAME"], refused["PATH_INFO"], refused[KEY]) == (404, "/c/acme", "/", "acme")
    assert ask_wsgi("/c/acme/\xff")[0][REFUSED] == 400
    assert ask_wsgi("/c/acme/x", host="other.example")[0][KEY] is None


def test_wsgi_wrapper_shows_the_attributes_of_the_application() -> None:
    class App:
        registry = "r"

        def __call__(self, environ: dict, start_response: object) -> list[bytes]:
            return []

    assert WSGIPrefixMiddleware(App(), ["portal.example"]).registry == "r"
