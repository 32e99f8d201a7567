"""Quotes: the catalogue, drafts at live prices, submission to the company, its offers and their answers."""
