"""Changes a company's look and its texts, and makes the draft that a preview shows; in effect with the next request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.branding.brand import brand_of
from portico.branding.colours import InvalidColourError, normal
from portico.branding.tokens import explain
from portico.errors import InvalidError
from portico.pluginhost.toggles import lock
from portico.tenancy.models import TenantRecord
from portico.tenancy.tenant import Tenant
from portico.web.i18n import _

MOST_TEXT = 2000


def look(tenant: Tenant) -> dict[str, Any]:
    """What the form of the brand shows."""
    brand = brand_of(tenant.brand)
    return {
        "name": tenant.name,
        "colour": brand.colour,
        "accent": brand.accent or brand.colour,
        "own_accent": bool(brand.accent),
        "font": brand.font,
        "theme": tenant.theme,
    }


def texts(tenant: Tenant) -> dict[str, Any]:
    """What the form of languages and texts shows."""
    announcement = tenant.settings.get("announcement") or {}
    if isinstance(announcement, str):
        announcement = {tenant.locale: announcement}
    return {
        "locale": tenant.locale,
        "locales": list(tenant.locales),
        "time_zone": tenant.time_zone,
        "signup": tenant.signup,
        "welcome": dict(tenant.settings.get("welcome") or {}),
        "announcement": dict(announcement),
    }


def draft(portico: Any, tenant: Tenant, values: Mapping[str, Any]) -> Tenant:
    """The company as it would be with these values of the brand's form; nothing is written. Raises InvalidError."""
    return replace(
        tenant, name=_name(values["name"]), theme=_theme(portico, values["theme"]), brand=_brand(tenant.brand, values)
    )


def notes(tenant: Tenant) -> list[Any]:
    """What the portal changes about the company's colours to keep them readable (WCAG 2.2 AA)."""
    brand = brand_of(tenant.brand)
    return list(dict.fromkeys([*explain(brand.colour), *(explain(brand.accent) if brand.accent else [])]))


def save_look(db: Session, portico: Any, values: Mapping[str, Any], version: int | None = None) -> None:
    """Raises InvalidError, ChangedMeanwhileError."""
    lock(db, version)
    tenant: Tenant = db.info["scope"].tenant
    after = draft(portico, tenant, values)
    _update(db, tenant, {"name": after.name, "theme": after.theme, "brand": dict(after.brand)}, "company.brand")


def save_texts(db: Session, portico: Any, values: Mapping[str, Any], version: int | None = None) -> None:
    """Raises InvalidError, ChangedMeanwhileError."""
    lock(db, version)
    tenant: Tenant = db.info["scope"].tenant
    installed = portico.themes.catalogues.languages
    locales = [one for one in sorted(values["locales"]) if one in installed]
    if values["locale"] not in locales:
        raise InvalidError(fields={"locale": _("The company's own language has to be among those that are offered.")})
    settings = {key: text for key, text in tenant.settings.items() if key not in ("welcome", "announcement")}
    for key in ("welcome", "announcement"):
        written = {code: text.strip() for code, text in values[key].items() if text and text.strip()}
        if written:
            settings[key] = written
    _update(
        db,
        tenant,
        {
            "locale": values["locale"],
            "locales": locales,
            "time_zone": values["time_zone"],
            "signup": values["signup"],
            "settings": settings,
        },
        "company.texts",
    )


def _update(db: Session, tenant: Tenant, after: dict[str, Any], action: str) -> None:
    before = {key: _plain(getattr(tenant, key)) for key in after}
    changed = [key for key in after if before[key] != after[key]]
    if not changed:
        return
    db.execute(sa.update(TenantRecord).where(TenantRecord.id == tenant.id).values({key: after[key] for key in changed}))
    audit.record(
        db, action, subject=("tenant", tenant.id), before=_facts(before, changed), after=_facts(after, changed)
    )


def _facts(values: Mapping[str, Any], changed: list[str]) -> dict[str, Any]:
    """For the audit trail: of the logo its digest, not its bytes."""
    found = {key: values[key] for key in changed}
    if found.get("brand", {}).get("logo"):
        found["brand"] = {**found["brand"], "logo": found["brand"]["logo"].get("digest")}
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _brand(before: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """`logo`: bytes of a new one or None; `remove_logo` takes the old one away."""
    brand = {**before, "colour": _colour("colour", values["colour"])}
    if values.get("own_accent"):
        brand["accent"] = _colour("accent", values["accent"])
    else:
        brand.pop("accent", None)
    if values.get("font"):
        brand["font"] = values["font"]
    if values.get("remove_logo"):
        brand.pop("logo", None)
    if values.get("logo"):
        from portico.branding.logo import make_logo  # 2 MB of picture library, for the few who upload one

        brand["logo"] = make_logo(values["logo"])
    return brand


def _colour(field: str, value: str) -> str:
    try:
        return normal(value)
    except InvalidColourError:
        raise InvalidError(fields={field: _("Write a colour as # and six digits, like #1D4ED8.")}) from None


def _name(value: str) -> str:
    name = " ".join(value.split())
    if not 1 <= len(name) <= 120:
        raise InvalidError(fields={"name": _("The name needs 1 to 120 characters.")})
    return name


def _theme(portico: Any, value: str) -> str:
    if value not in portico.themes.themes:
        raise InvalidError(fields={"theme": _("This theme is not installed. Choose another.")})
    return value
