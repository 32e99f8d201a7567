"""What every answer must carry, whoever gets it and whatever it says: asked of each answer that the walls see."""

from __future__ import annotations

from webtest import TestResponse

KEPT = {"brand.css", "brand.logo", "brand.favicon", "admin.brand_preview_css"}
"""Routes whose answers may be kept: addresses that change with what they show, and a preview that only its own person gets."""
FRAMED_BY_US = {"admin.brand_preview", "admin.email_frame", "demo.mail_html"}
READ_BY_SCRIPTS = {"portico_lang", "portico_mode"}
"""Cookies that say nothing but how a page is to look."""


def wrong(answer: TestResponse, route: str) -> list[str]:
    """What the answer lacks, in words; ASVS 5.0 3.2.1, 3.3, 3.4.2, 3.4.3, 3.4.4, 3.4.5, 3.4.6, 14.3.2."""
    found = []
    policy = {part.split()[0]: part.split()[1:] for part in answer.headers.get("Content-Security-Policy", "").split(";") if part.strip()}
    if policy.get("default-src") != ["'none'"]:
        found.append("no Content-Security-Policy that begins with nothing allowed")
    if any("unsafe-eval" in sources or "*" in sources for sources in policy.values()) or "'unsafe-inline'" in policy.get("script-src", []):
        found.append(f"a policy that lets scripts in: {policy}")
    ancestors = policy.get("frame-ancestors")
    if ancestors != ["'none'"] and not (route in FRAMED_BY_US and ancestors == ["'self'"]):
        found.append(f"may be framed by {ancestors}")
    if (answer.content_type or "").startswith("image/") and "sandbox" not in policy:
        found.append("a picture that runs in our origin when it is opened by itself")
    for name, values in (("X-Content-Type-Options", ("nosniff",)), ("Referrer-Policy", ("same-origin", "no-referrer"))):
        if answer.headers.get(name) not in values:
            found.append(f"{name} is {answer.headers.get(name)}")
    for name in answer.headers:
        if name.lower().startswith("access-control-"):
            found.append(f"{name} lets other sites read it")
    if route not in KEPT and "no-store" not in answer.headers.get("Cache-Control", ""):
        found.append(f"may be kept: {answer.headers.get('Cache-Control')}")
    for cookie in answer.headers.getall("Set-Cookie"):
        name, _, rest = cookie.partition("=")
        attributes = {one.strip().partition("=")[0].lower(): one.strip().partition("=")[2] for one in rest.split(";")[1:]}
        if name.removeprefix("__Host-") not in READ_BY_SCRIPTS and "httponly" not in attributes:
            found.append(f"cookie {name} can be read by scripts")
        if attributes.get("samesite") not in ("Lax", "Strict"):
            found.append(f"cookie {name} is sent by other sites' requests")
    return found
