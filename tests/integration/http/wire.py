"""A connection that sends bytes as they are and reads answers one by one."""
from harness import Answer

HEADER_END = b"\r\n\r\n"


class Wire:
    """One kept connection; opened again after the service closed it."""

    def __init__(self, service, seconds=60):
        self.service, self.seconds = service, seconds
        self.connection, self.buffer = None, b""

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection, self.buffer = None, b""

    def _more(self):
        try:
            data = self.connection.recv(65536)
        except OSError:
            data = b""
        self.buffer += data
        return bool(data)

    def read(self, head=False):
        """The next final answer; None when the connection ends first."""
        while HEADER_END not in self.buffer:
            if not self._more():
                return None
        top, self.buffer = self.buffer.split(HEADER_END, 1)
        lines = top.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        if 100 <= status < 200:
            return self.read(head)
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        length = 0 if head or status in (204, 304) else int(headers.get("content-length", 0))
        while len(self.buffer) < length:
            if not self._more():
                return None
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return Answer(status, headers, body)

    def send(self, data):
        """@return False when the service closed before all was sent; an answer may be there all the same"""
        if self.connection is None:
            self.connection = self.service.connect(self.seconds)
        try:
            self.connection.sendall(data)
        except OSError:
            return False
        return True

    def ask(self, data, head=False):
        """One request, on a new connection when the kept one turns out to be closed."""
        kept = self.connection is not None
        self.send(data)
        answer = self.read(head)
        if answer is None and kept:
            self.close()
            self.send(data)
            answer = self.read(head)
        if answer is None or answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer


def request(method, target, headers, body, token=None, host=b"t"):
    lines = [b"Host: " + host] + ([b"Authorization: Bearer " + token] if token else []) + list(headers)
    if body is not None:
        lines.append(b"Content-Length: %d" % len(body))
    return b"%s %s HTTP/1.1\r\n%s\r\n\r\n%s" % (method.encode(), target, b"\r\n".join(lines), body or b"")
