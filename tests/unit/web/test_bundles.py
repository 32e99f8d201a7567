"""Joined files mean what they meant apart."""

from pathlib import Path

import pytest

from portico.web.assets import Assets
from portico.web.bundles import BundleError, join


def test_a_sheet_names_its_fonts_from_where_the_bundle_lies() -> None:
    joined = join("portico/bundle/clear.css", [
        ("portico/css/portico.css", b"a { src: url(../fonts/inter.woff2?v=1) url('pic.svg') url(\"/abs.png\") }"),
        ("clear/clear.css", b"b { src: url(fonts/mono.woff2) url(data:image/png;base64,AA) }")])
    assert b"url(../fonts/inter.woff2?v=1) url('../css/pic.svg') url(\"/abs.png\")" in joined
    assert b"url(../../clear/fonts/mono.woff2) url(data:image/png;base64,AA)" in joined


def test_a_module_keeps_its_names_and_a_library_its_global() -> None:
    joined = join("portico/bundle/portico.js", [
        ("portico/vendor/lib.min.js", b"var lib=function(){return 1}()"), ("portico/js/a.js", b"export const url = 1;"),
        ("portico/js/b.js", b"const url = 2;")])
    assert b"var lib=function(){return 1}();\n" in joined
    assert b"export" not in joined
    assert joined.count(b"(() => {") == joined.count(b"})();") == 2


def test_a_module_that_imports_is_refused() -> None:
    with pytest.raises(BundleError, match=r"js/a\.js"):
        join("portico/bundle/portico.js", [("portico/js/a.js", b'import { b } from "./b.js";')])


def test_a_bundle_follows_its_parts_while_developing(tmp_path: Path) -> None:
    for name in ("a.css", "b.css"):
        (tmp_path / "portico").mkdir(exist_ok=True)
        (tmp_path / "portico" / name).write_text(f"{name[0]} {{ color: red }}")
    live, fixed = Assets({"portico": tmp_path}, reload=True), Assets({"portico": tmp_path})
    for assets in (live, fixed):
        assets.bundle("both.css", ["portico/a.css", "portico/b.css"])
    before = live.url("portico/bundle/both.css")
    assert before == fixed.url("portico/bundle/both.css")
    (tmp_path / "portico/b.css").write_text("b { color: rebeccapurple }")
    assert live.url("portico/bundle/both.css") != before
    assert b"rebeccapurple" in live.get("portico/bundle/both.css").body
    assert fixed.url("portico/bundle/both.css") == before


def test_utilities_that_depend_on_the_width_are_left_out_and_the_grid_stays() -> None:
    framework = (
        b"@media (min-width:768px){.col-md-6{width:50%}}"
        b"@media (min-width:768px){.d-md-none{display:none!important}.m-md-1{margin:1px!important;top:0!important}}"
        b"@media (min-width:1200px){.fs-1{font-size:2.5rem!important}}.d-none{display:none!important}"
    )
    joined = join("portico/bundle/a.css", [("portico/vendor/framework.min.css", framework)])
    assert b"md-none" not in joined
    assert b"m-md-1" not in joined
    assert b".col-md-6{width:50%}" in joined
    assert b".fs-1" in joined
    assert b"}.d-none{display:none!important}" in joined


def test_remarks_are_left_out() -> None:
    assert join("portico/bundle/a.css", [("a/a.css", b"/* why\n   so */\na {\n  color: red;\n}\n")]) == b"a {\ncolor: red;\n}"
    script = b"// why\nconst a = 'http://b'; // stays\n  /* long\n remark */\nconst b = 1;\n/* c */ let d;\n/* e */\n"
    assert b"\nconst a = 'http://b'; // stays\nconst b = 1;\n/* c */ let d;\n" in join("portico/bundle/a.js", [("a/a.js", script)])


def test_components_that_need_the_frameworks_script_are_left_out() -> None:
    framework = (
        b"/*! kept */.modal{display:none}.btn,.modal-footer>.btn{color:red}.modal.fade .modal-dialog{top:0}"
        b"@media (min-width:576px){.modal{--m:1px}.row{top:0}}.tooltip{}.toasts{top:1px}a{color:blue}"
    )
    joined = join("portico/bundle/a.css", [("portico/vendor/framework.min.css", framework)])
    assert joined == (
        b"/*! kept */.btn{color:red}@media (min-width:576px){.row{top:0}}.toasts{top:1px}a{color:blue}"
    )
