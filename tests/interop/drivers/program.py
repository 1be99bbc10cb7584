"""What libraries leave to programs: a callback address and a browser."""

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

SERVER = sys.argv[1]
"""The address of the guarded server."""


class _Callback(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.came_back_to = self.path
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"You can close this tab.")

    def log_message(self, *_):
        pass


_callbacks = HTTPServer(("127.0.0.1", 0), _Callback)

REDIRECT_URL = f"http://127.0.0.1:{_callbacks.server_port}/callback"
"""Where answers come back to."""


def browse(address):
    """Opens the browser, and gives the address that it comes back to."""
    subprocess.Popen([os.environ["BROWSER"], address], stdout=subprocess.DEVNULL)
    _callbacks.handle_request()
    return REDIRECT_URL.removesuffix("/callback") + _callbacks.came_back_to


def answer_in(address):
    """What an address says after the question mark."""
    return dict(parse_qsl(urlsplit(address).query))


def end(said):
    """Says what came of it, and ends: at once, wherever a library may be."""
    print(json.dumps(said), flush=True)
    os._exit(0)
