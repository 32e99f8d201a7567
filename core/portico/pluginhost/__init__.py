"""Discovers plugins, keeps their manifests, and calls only those that a company has switched on."""

from pluggy import HookimplMarker, HookspecMarker

hookimpl = HookimplMarker("portico")
hookspec = HookspecMarker("portico")
