"""Invoices and credit notes as the company issued them: what is to be paid until when, and its paper."""
