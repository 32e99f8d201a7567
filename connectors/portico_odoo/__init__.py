"""Connector to Odoo: products, prices, quotations, orders, deliveries and invoices."""
