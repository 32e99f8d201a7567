"""The vocabulary between portal and ERP: value types, capabilities, errors and the suite every connector must
pass.
"""
