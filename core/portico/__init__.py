"""Portico: a customer portal that any business can put in front of its ERP. This module is the application factory."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def main(global_config: dict[str, Any], **settings: Any) -> Any:
    """PasteDeploy's entry: read the settings, build the parts, wire them. Returns the WSGI application.

    Ends the process with a sentence where there is nothing to serve from: no such settings, no database.
    """
    from portico.app import build
    from portico.cli.failures import check_database, explain
    from portico.db.logins import login_url
    from portico.settings import Settings, SettingsError

    try:
        read = Settings.read(settings)
    except SettingsError as error:
        raise SystemExit(f"portico: {error}") from error
    try:
        check_database(login_url(read))  # before the slow part
        parts = build(read)
    except Exception as error:
        if (sentence := explain(error, read)) is None:
            raise
        raise SystemExit(f"portico: {sentence}") from error
    return make_app(parts)


def make_app(portico: Any) -> Any:
    """The WSGI application around parts that were built already."""
    from pyramid.config import Configurator

    from portico.web.request import make_request_class

    config = Configurator(settings={"tm.manager_hook": "pyramid_tm.explicit_manager",
                                    "tm.commit_veto": "pyramid_tm.default_commit_veto"})
    config.registry.portico = portico
    config.set_locale_negotiator(lambda request: request.scope.locale)
    config.include("portico.web.mapper")  # a path is compared with the routes that begin like it
    config.include("portico.web.flash")
    config.include("portico.web.transaction")  # one transaction and one database session a request
    config.include("portico.web.tweens")  # log → headers → transaction → errors drawn → scope entered
    config.include("portico.identity.security")  # default deny, CSRF and origin on every unsafe request
    config.include("portico.web.limits")  # how often anybody may ask, by the route's rate class
    config.include("portico.web.wiring")  # predicates, views made of route specifications, and their pages in the company's theme
    config.include("portico.web.failures")  # every error as a page, a fragment or a problem document
    config.include("portico.coreparts")  # core's own pages: sign-in, account, dashboard, notices, administration
    config.include("portico.web.pluginroutes")  # each plugin's routes, behind its predicate
    make_request_class(config)
    return config.make_wsgi_app()
