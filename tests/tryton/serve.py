"""Starts Tryton's own server, in Tryton's environment, so that tests do not wait for what none of them is about."""

from functools import partial

from pwdlib.hashers import argon2
from werkzeug.serving import WSGIRequestHandler

# Every call of staff and every login of the connector checks a password: a tenth of a second each with Tryton's own costs.
argon2.Argon2Hasher = partial(argon2.Argon2Hasher, time_cost=1, memory_cost=8, parallelism=1)
# Head and body of an answer leave apart, and the body would wait 40 ms for the client's word that the head arrived.
WSGIRequestHandler.disable_nagle_algorithm = True

from trytond.cli import main  # noqa: E402  - it makes its hasher when it is imported

main()
