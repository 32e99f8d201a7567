"""PDF documents of what plugins keep: letters on the company's paper, made when somebody asks, the same bytes for the same data.

Core knows no kind of document. A plugin says by the hook `document_kinds` which of its records have one, and what is in it.
"""
