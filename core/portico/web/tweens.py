"""The order of the layers around a view, outermost first."""

from pyramid.config import Configurator
from pyramid.tweens import EXCVIEW, INGRESS, MAIN


def includeme(config: Configurator) -> None:
    config.add_tween("portico.web.observe.observe_tween_factory", under=INGRESS, over="pyramid_tm.tm_tween_factory")
    config.add_tween("portico.web.headers.headers_tween_factory", under="portico.web.observe.observe_tween_factory",
                     over="pyramid_tm.tm_tween_factory")
    config.add_tween("portico.web.transaction.ending_tween_factory", under="portico.web.headers.headers_tween_factory",
                     over="pyramid_tm.tm_tween_factory")
    config.add_tween("portico.web.entry.entry_tween_factory", under=EXCVIEW, over=MAIN)
