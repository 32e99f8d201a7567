"""Connector to a Tryton server, by its JSON-RPC."""
