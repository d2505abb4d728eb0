"""Stands in for `python -m web`: answers 200 at /readyz on DONDOC_WEB_PORT."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Ready(BaseHTTPRequestHandler):
    """Says 200 at /readyz, 404 elsewhere."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()


ThreadingHTTPServer(("127.0.0.1", int(os.environ["DONDOC_WEB_PORT"])), Ready).serve_forever()
