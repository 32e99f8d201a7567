"""Puts the security policy and the checks against forged requests in place."""

from pyramid.config import Configurator

from portico.identity.csrf import csrf_deriver
from portico.identity.handoff.doors import home_deriver
from portico.identity.policy import ScopePolicy


def includeme(config: Configurator) -> None:
    config.set_security_policy(ScopePolicy())
    config.set_default_permission("portico:nobody")  # a view that names no permission is refused
    config.set_csrf_storage_policy(config.registry.portico.csrf)  # what templates ask for a token
    config.add_view_deriver(home_deriver, name="portico_home", under="portico_rate", over="secured_view")
    config.add_view_deriver(csrf_deriver, name="portico_csrf", under="secured_view")
