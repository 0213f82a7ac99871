"""An HTTP proxy before the simulator that can lose the replies to new orders, as networks do. For tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

ORDER_PATH = "/v1/trade/order"
WAIT_S = 20.0
_HOP = frozenset({"connection", "transfer-encoding", "content-length"})


class LossyProxy:
    """Passes everything on; ``on_order`` decides what becomes of the reply to a new order.

    ``on_order`` is called on a thread of the proxy once the order has reached the simulator; where it returns False the
    reply is lost.
    """

    def __init__(self, target: str, port: int = 0) -> None:
        self._target = urlsplit(target).netloc
        self.on_order: Callable[[], bool] = lambda: True
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

            def _pass_on(self) -> None:
                proxy._pass_on(self)

            do_GET = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815  # the names that http.server wants

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        upstream = HTTPConnection(self._target, timeout=WAIT_S)
        try:
            upstream.request(handler.command, handler.path, body or None, dict(handler.headers))
            reply = upstream.getresponse()
            content = reply.read()
        finally:
            upstream.close()
        if (handler.command, handler.path) == ("POST", ORDER_PATH) and not self.on_order():
            return
        handler.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in _HOP:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)


@contextmanager
def lossy_proxy(target: str, port: int = 0) -> Iterator[LossyProxy]:
    """A proxy for the time of a ``with`` block."""
    proxy = LossyProxy(target, port)
    try:
        yield proxy
    finally:
        proxy.close()
