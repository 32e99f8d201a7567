"""Starts Tryton's own server in Tryton's environment; its answers do not wait for the client's word that their heads arrived.

Head and body leave in pieces of their own, and so each call would wait 40 ms for an acknowledgement.
"""

from trytond.cli import main
from werkzeug.serving import WSGIRequestHandler

WSGIRequestHandler.disable_nagle_algorithm = True
main()
