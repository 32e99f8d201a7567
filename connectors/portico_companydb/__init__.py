"""Connector to a company database: PostgreSQL in the standard schema."""
