"""What surrounds every page: navigation, languages, colour mode, unread notices; data for layouts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from markupsafe import escape
from pyramid.csrf import get_csrf_token
from pyramid.exceptions import ConfigurationError
from pyramid.request import Request

from portico.branding.brand import Brand, brand_of
from portico.branding.tokens import palette
from portico.identity.onward import onward_next
from portico.identity.permissions import ADMINISTRATION, MEMBER, OPERATOR, SIGNED_IN
from portico.identity.policy import permits
from portico.web.flash import may_wait
from portico.web.i18n import MODE_COOKIE, _, language_name, remembered, translate
from portico.web.links import has_route, path_to
from portico.web.params import kept_by_link

if TYPE_CHECKING:
    from functools import cached_property as once
else:  # which in Python 3.11 holds one lock for the pages of all threads, and takes it for each property
    from pyramid.decorator import reify as once

# Entries of the account menu: route, title, icon, permission needed.
ACCOUNT_LINKS = (
    ("identity.profile", _("Your profile"), "user", SIGNED_IN),
    ("identity.choose_company", _("Switch company"), "building-2", SIGNED_IN),
    ("organisation.home", _("Organisation"), "users", "organisation:manage"),
    ("approvals.list", _("Approvals"), "circle-check", MEMBER),
    ("admin.home", _("Administration"), "sliders-horizontal", ADMINISTRATION),
    ("operator.home", _("Operator"), "server", OPERATOR),
)
OF_CUSTOMERS = frozenset({"organisation.home", "approvals.list"})
"""Staff come to these from the customer's record."""
FLASH_KINDS = ("success", "info", "warning", "error")
MODES = ("system", "light", "dark")


@dataclass(frozen=True, slots=True)
class NavLink:
    """One entry of the navigation. title is an English message or plain text; an empty badge shows none."""

    name: str
    title: str
    url: str
    icon: str
    active: bool = False
    badge: str = ""


@dataclass(frozen=True, slots=True)
class LanguageLink:
    code: str
    name: str
    url: str
    active: bool


SMALL_PICTURE = 2048
"""Characters of base64."""


@lru_cache(maxsize=1024)
def drawn_favicon(initial: str, colour: str) -> str:
    colours = palette(colour)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{colours.fill}"/>'
        '<text x="16" y="22.5" font-family="sans-serif" font-size="18" font-weight="700" '
        f'text-anchor="middle" fill="{colours.on_fill}">{escape(initial)}</text></svg>'
    )


class Chrome:
    """Lazy: a fragment that shows no layout pays for none of it."""

    def __init__(self, request: Any) -> None:
        self.request = request
        self.scope = getattr(request, "scope", None)
        self.tenant = getattr(self.scope, "tenant", None)

    @classmethod
    def of(cls, request: Any) -> Chrome:
        known: Chrome | None = getattr(request, "_portico_chrome", None)
        if known is None:
            known = cls(request)
            if request is not None:
                request._portico_chrome = known
        return known

    @once
    def nav(self) -> tuple[NavLink, ...]:
        return tuple(self._link(item) for item in self._items if item.area == "main")

    @once
    def _items(self) -> list[Any]:
        """What plugins put into the navigation and the account menu, in order."""
        relay = getattr(self.request, "relay", None)
        if relay is None or self.tenant is None or not self.signed_in:
            return []
        items = [item for item in relay.call("nav_items", scope=self.scope) if self._may(item.permission)]
        return sorted(items, key=lambda item: (item.order, str(item.title)))

    def _link(self, item: Any) -> NavLink:
        address = path_to(self.request, item.route)
        matched = getattr(getattr(self.request, "matched_route", None), "name", "") or ""
        inside = matched == item.route or any(matched.startswith(prefix) for prefix in item.active)
        title = item.title
        if getattr(title, "mapping", None):  # which two of the same words, and so the same entry, may differ in
            title = translate(self.request, title)
        return NavLink(item.route, title, address, item.icon or "circle", inside, item.badge or "")

    @once
    def onward(self) -> str:
        """The company's own host to which the page leads once somebody is signed in; "" if it leads to none."""
        on = onward_next(self.request) if isinstance(self.request, Request) else None
        return on.host if on is not None else ""

    @once
    def home_url(self) -> str:
        script_name = getattr(self.request, "script_name", "")
        return f"{script_name}/"

    @once
    def address(self) -> str:
        """Where a page that answers a form that was sent can be opened again; empty for other pages, and if it cannot."""
        matched = getattr(self.request, "matched_route", None)
        if matched is None or self.request.method != "POST":
            return ""
        return str(self.request.path_qs) if "GET" in self.request.registry.portico.routes.methods(matched.name) else ""

    @once
    def signed_in(self) -> bool:
        return getattr(self.scope, "user_id", None) is not None

    @once
    def name(self) -> str:
        return self.tenant.name if self.tenant is not None else "Portico"

    @once
    def unread(self) -> int | None:
        """Unread notices, where the request knows without asking; None: the bell fetches its number."""
        known: int | None = getattr(self.request, "unread_notices", None)
        return known

    @once
    def member(self) -> bool:
        """A customer or staff of this company: others have an account, but no notices and no stream here."""
        return self.signed_in and getattr(self.scope, "kind", "") in ("customer", "staff")

    @once
    def live_url(self) -> str:
        """The stream of events; empty for who may not hear any."""
        return f"{self.home_url}events" if self.member else ""

    @once
    def favicon(self) -> str:
        """The company's initial on its colour: part of the page, so that it costs no request."""
        return drawn_favicon(self.name[:1].upper(), self.brand.colour)

    @once
    def announcement(self) -> str:
        """What the company tells everybody, in the reader's language if it wrote it in that one, else in its own."""
        texts = (getattr(self.tenant, "settings", None) or {}).get("announcement") or {}
        if isinstance(texts, str) or self.tenant is None:
            return str(texts or "")
        return str(texts.get(getattr(self.request, "locale_name", "")) or texts.get(self.tenant.locale) or "")

    @once
    def brand(self) -> Brand:
        return brand_of(getattr(self.tenant, "brand", None))

    @once
    def logo(self) -> str:
        """The logo's address, empty if the company has none."""
        digest = self.brand.logo_digest
        return path_to(self.request, "brand.logo", digest=digest) if digest else ""

    @once
    def favicon_url(self) -> str:
        """Where the company's logo as a favicon is, or the picture itself if it is small, which saves a request; empty if
        the company has none, and `favicon` is drawn instead."""
        digest = self.brand.logo_digest
        picture = ((getattr(self.tenant, "brand", None) or {}).get("logo") or {}).get("favicon") or ""
        if 0 < len(picture) <= SMALL_PICTURE:
            return f"data:image/png;base64,{picture}"
        return path_to(self.request, "brand.favicon", digest=digest) if digest else ""

    @once
    def account_links(self) -> tuple[NavLink, ...]:
        handed_over = getattr(self.scope, "handed_over", False)  # what is the person's own leads to where they came from
        own = tuple(
            NavLink(route, title, path_to(self.request, route), icon)
            for route, title, icon, permission in ACCOUNT_LINKS
            if has_route(self.request, route) and (self._may(permission) or (handed_over and permission == SIGNED_IN))
            and not (route in OF_CUSTOMERS and self._is_staff)
        )
        return own + tuple(self._link(item) for item in self._items if item.area == "account")

    @property
    def _is_staff(self) -> bool:
        return getattr(self.scope, "kind", "") == "staff"

    def _may(self, permission: str) -> bool:
        return self.scope is not None and permits(self.scope, permission)

    @once
    def flashes(self) -> list[tuple[str, str]]:
        """Messages of the previous page (`request.session.flash(message, kind)`), shown once."""
        if isinstance(self.request, Request) and not may_wait(self.request):
            return []
        try:
            session = self.request.session
        except (AttributeError, ConfigurationError):
            return []
        # Looked at before it is taken: taking nothing would still write the cookie, with every page.
        waiting = [kind for kind in FLASH_KINDS if session.peek_flash(kind)]
        return [(kind, message) for kind in waiting for message in session.pop_flash(kind)]

    @once
    def csrf_token(self) -> str:
        """One for all forms of the page."""
        return str(get_csrf_token(self.request))

    @once
    def languages(self) -> list[LanguageLink]:
        """The tenant's languages, each a link to this page in it."""
        codes = list(getattr(self.tenant, "locales", ()) or ())
        if not codes and self.request is not None:
            codes = sorted(self.request.registry.portico.themes.catalogues.languages)
        here = getattr(self.request, "locale_name", "en")
        asked = [(key, value) for key, value in self.request.GET.items() if key != "lang"]
        kept = urlencode([*asked, *kept_by_link(self.request).items()])
        base = f"{self.request.path}?{kept}&lang=" if kept else f"{self.request.path}?lang="
        return [LanguageLink(code, language_name(code), base + quote(code), code == here) for code in codes]

    @once
    def mode(self) -> str:
        """The colour mode chosen in this browser, else in the profile; 'system' follows the device."""
        cookies = getattr(self.request, "cookies", None) or {}
        chosen = remembered(cookies, MODE_COOKIE) or getattr(self.scope, "colour_mode", "system")
        return chosen if chosen in MODES else "system"

    @once
    def initials(self) -> str:
        words = [word for word in str(getattr(self.scope, "user_name", "") or "").split() if word]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
