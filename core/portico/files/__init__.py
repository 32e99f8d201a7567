"""Files that people bring: checked by their content, sealed with the company's key, given out by links of a minute.

`service` is what plugins call; `storage` keeps the sealed bytes; `formats` says what may come in; `download` gives it out.
"""
