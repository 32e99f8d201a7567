"""Orders: what customers bought, how far it is, and when it arrives; kept in step with the company's
database.
"""
