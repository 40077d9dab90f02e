"""A person with a page open all the time: follows the live stream as a browser does, coming back after each break."""

import re
import socket
import threading
from contextlib import suppress

import httpx
import orjson

PASSWORD = "correct horse battery"
LOGIN = "person0"


class Reader(threading.Thread):
    """Collects what the stream tells; ``tasks`` are the ids of those that it said were made."""

    def __init__(self, url: str) -> None:
        super().__init__(name="reader", daemon=True)
        self.client = httpx.Client(base_url=url, timeout=httpx.Timeout(20, read=30))
        self._stopping = threading.Event()
        self._cursor = "0.0"
        self._socket: socket.socket | None = None
        self.tasks: set[str] = set()
        self.opened = 0
        """How often the stream was opened: once, and after each break."""

    def run(self) -> None:
        """Sign in once; the session has to outlive every restart."""
        while not self._stopping.wait(0.1) and not self.sign_in():
            pass
        while not self._stopping.wait(0.3):
            with suppress(httpx.TransportError):
                self._follow()

    def stop(self) -> None:
        """Close the page."""
        self._stopping.set()
        with suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)
        self.join(40)
        self.client.close()

    def sign_in(self) -> bool:
        """Sign in as a person does; False when nobody answers."""
        try:
            page = self.client.get("/sign-in")
            token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
            if token is None:
                return False
            data = {"login": LOGIN, "password": PASSWORD, "csrf_token": token[1]}
            return self.client.post("/sign-in", data=data).status_code == 302
        except httpx.TransportError:
            return False

    def _follow(self) -> None:
        headers = {"Accept": "text/event-stream", "Last-Event-ID": self._cursor}
        with self.client.stream("GET", "/live", headers=headers) as stream:
            if stream.status_code != 200:
                return
            self._socket = stream.extensions["network_stream"].get_extra_info("socket")
            self.opened += 1
            for line in stream.iter_lines():
                self._hear(line)
                if self._stopping.is_set():
                    return

    def _hear(self, line: str) -> None:
        name, _, value = line.partition(": ")
        if name == "id":
            self._cursor = value
        elif name == "data":
            told = orjson.loads(value)
            if told["kind"] == "task.created":
                self.tasks.add(told["task"])
