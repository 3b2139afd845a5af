"""A site behind an HTTP proxy: the coordinator's name is known to the proxy alone."""

import os
import pathlib
import socket
import tempfile
import threading
import unittest
from unittest import mock

from federation import Federation, wait_for
from florin_run import SOURCE, florin, florin_json

EXAMPLE = SOURCE / "examples" / "01_hello_round"
HOST = "coordinator.behind-a-proxy.test"  # .test resolves nowhere (RFC 6761)


class ConnectProxy:
    """CONNECT to HOST goes to loopback; whatever else is asked for is refused."""

    def __init__(self):
        self.asked = []
        self.refuses = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sockets = [self.listener]
        self.threads = []
        self.lock = threading.Lock()

    def __enter__(self):
        self.start(self.serve)
        return self

    def __exit__(self, *_):
        with self.lock:
            for one in self.sockets:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # it is over already
                one.close()
        for thread in self.threads:
            thread.join(10)

    def start(self, work, *args):
        thread = threading.Thread(target=work, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.sockets.append(client)
            self.start(self.tunnel, client)

    def tunnel(self, client):
        try:
            head = b""
            while b"\r\n\r\n" not in head:
                more = client.recv(4096)
                if not more:
                    return
                head += more
            method, target = head.split(b" ")[:2]
            self.asked.append((method.decode(), target.decode()))
            host, _, port = target.decode().rpartition(":")
            if method != b"CONNECT" or host != HOST or self.refuses:
                client.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
                client.close()
                return
            server = socket.create_connection(("127.0.0.1", int(port)), 10)
            server.settimeout(None)
            with self.lock:
                self.sockets.append(server)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.start(self.pass_on, server, client)
            self.pass_on(client, server)
        except OSError:
            client.close()

    @staticmethod
    def pass_on(one, other):
        try:
            while True:
                data = one.recv(65536)
                if not data:
                    break
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one of them has gone; the other is told by its own side


class BehindAProxy(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = pathlib.Path(holder.name)
        self.proxy = self.enterContext(ConnectProxy())
        clean = {name: value for name, value in os.environ.items()
                 if not name.lower().endswith("_proxy")}
        self.enterContext(mock.patch.dict(os.environ, clean, clear=True))

    def through(self, **more):
        """The environment of a process behind the proxy."""
        return {"https_proxy": f"http://127.0.0.1:{self.proxy.port}", **more}

    def test_an_agent_joins_and_runs_a_job(self):
        federation = self.enterContext(Federation(self.root, host=HOST))
        with mock.patch.dict(os.environ, self.through()):
            for site in ("graz", "lisbon"):
                federation.add_site(site, EXAMPLE / "sites" / site)
            federation.await_sites(2)
            federation.ask("job", "submit", EXAMPLE / "job.yaml")
            job = wait_for(lambda: (found := federation.job("mailing-response"))["status"]
                           in ("done", "failed") and found, "the job's end")
            self.assertEqual(job["status"], "done", job)
            rows = florin_json("doctor", "--dir", self.root / "graz")
        found = {row["check"]: row for row in rows}
        self.assertEqual(found["TLS"]["health"], "OK", rows)
        self.assertEqual({method for method, _ in self.proxy.asked}, {"CONNECT"})
        ports = {target.rpartition(":")[2] for _, target in self.proxy.asked}
        self.assertEqual(len(ports), 2, "the members' port and the enrolment port")

    def test_a_proxy_that_refuses_is_named(self):
        federation = self.enterContext(Federation(self.root, host=HOST))
        with mock.patch.dict(os.environ, self.through()):
            token = federation.ask("site", "add", "graz")[0]["token"]
            self.proxy.refuses = True
            run = florin("agent", "join", token, "--dir", self.root / "graz", "--site", "graz",
                         expect=None)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("[NET-PROXY]", run.stderr)
        self.assertIn("https_proxy", run.stderr)

    def test_no_proxy_leaves_a_host_out(self):
        federation = self.enterContext(Federation(self.root))
        with mock.patch.dict(os.environ, self.through(no_proxy="127.0.0.1")):
            federation.add_site("graz", EXAMPLE / "sites" / "graz")
            federation.await_sites(1)
        self.assertEqual(self.proxy.asked, [])


if __name__ == "__main__":
    unittest.main()
