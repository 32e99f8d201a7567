"""Lets each plugin add its routes, in order of requirement, through a registrar bound to it."""

from pyramid.config import Configurator

from portico.web.routes import Routes


def includeme(config: Configurator) -> None:
    portico = config.registry.portico
    agreements = tuple(kind for _plugin, kinds in portico.plugins.start_up("agreement_kinds") for kind in kinds)
    portico.plugins.start_up("register_routes", routes=lambda manifest: Routes(config, portico.routes, manifest, agreements))
