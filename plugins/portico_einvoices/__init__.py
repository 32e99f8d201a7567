"""E-invoices of EN 16931, as UBL 2.1 and as Factur-X, offered only where schema and rules pass."""
