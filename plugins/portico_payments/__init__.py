"""Payments: what customers paid, and a double-entry ledger over invoices and payments."""
