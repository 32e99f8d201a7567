"""A company's connections: settings and secrets, the host that every call goes through, and the sync engine.

Knows no item, quote or order: what flows is the business of feature plugins and the contract package.
"""
