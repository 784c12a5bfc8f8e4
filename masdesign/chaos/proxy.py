"""A TCP proxy before a database, which cuts all connections and refuses new ones while it is told to."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """Forwards connections on a loopback port to a server, unless it is ``down``."""

    host: str
    port: int
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    down: bool = False
    _open: list[socket.socket] = field(default_factory=list)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, port = self.listening.getsockname()
        return str(host), int(port)

    def go_down(self) -> None:
        """Cut all connections, and refuse new ones."""
        self.down = True
        for side in self._open:
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def come_back(self) -> None:
        """Forward again."""
        self.down = False

    def accept(self) -> None:
        """Forward connections until the listening socket is closed."""
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            if self.down:
                client.close()
                continue
            try:
                server = socket.create_connection((self.host, self.port), timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            self._open += [client, server]
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=_pump, args=(source, target), daemon=True).start()


@contextlib.contextmanager
def proxying(host: str, port: int) -> Iterator[Proxy]:
    """A proxy for as long as the ``with`` lasts."""
    proxy = Proxy(host, port)
    threading.Thread(target=proxy.accept, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.listening.close()
        proxy.go_down()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for side in (source, target):
        with contextlib.suppress(OSError):
            side.shutdown(socket.SHUT_RDWR)
    source.close()
