"""The demo's three companies: their data, their databases, and a back office that plays their people."""
