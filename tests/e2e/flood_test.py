"""A member that floods its coordinator with HTTP/2 frames: others do not notice."""

import os
import pathlib
import socket
import ssl
import struct
import tempfile
import unittest
from unittest import mock

from federation import Federation, wait_for
from florin_run import SOURCE

EXAMPLE = SOURCE / "examples" / "01_hello_round"
JOB = "mailing-response"
GROWTH_MAX = 300 << 20  # bytes of memory that a flood may leave behind

HEADERS, RST_STREAM, SETTINGS, PING = 1, 3, 4, 6
END_HEADERS = 4


def frame(kind, flags, stream, payload=b""):
    """RFC 9113, section 4.1."""
    head = struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream)
    return head + payload


def literal(name, value):
    """RFC 7541, section 6.2.2: a field that is not indexed, with a new name."""
    return bytes([0, len(name)]) + name + bytes([len(value)]) + value


CALL = b"".join(literal(*field) for field in (
    (b":method", b"POST"), (b":scheme", b"https"), (b":path", b"/florin.v1.Site/Connect"),
    (b":authority", b"localhost"), (b"te", b"trailers"), (b"content-type", b"application/grpc")))


class Flood(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = pathlib.Path(holder.name)
        # AddressSanitizer would hold back a quarter of a gigabyte of what was freed.
        self.enterContext(mock.patch.dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=16"))
        self.federation = self.enterContext(Federation(self.root))
        for site in ("graz", "lisbon", "vienna"):
            self.federation.add_site(site, EXAMPLE / "sites" / site)
        self.federation.await_sites(3)
        self.federation.agents["graz"].kill()  # its keys are the flooder's now

    def dial(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if not hasattr(self, "tls"):
            self.tls = self.federation.open_tls(self.root / "graz", self.root / "opened")
        context.load_cert_chain(*self.tls)
        context.set_alpn_protocols(["h2"])
        raw = socket.create_connection(("127.0.0.1", self.federation.port), 30)
        peer = context.wrap_socket(raw)
        peer.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0))
        return peer

    def flood(self, make, count, at_once=500):
        """Sends make(0) to make(count - 1), on another connection whenever one is ended."""
        sent = 0
        for _ in range(1000):
            peer = self.dial()
            try:
                while sent < count:
                    peer.sendall(b"".join(make(i) for i in range(sent, sent + at_once)))
                    sent += at_once
            except OSError:
                pass  # the coordinator has had enough of this connection
            finally:
                peer.close()
            if sent >= count:
                return
        self.fail(f"the flood does not come through: {sent} of {count}")

    def memory(self):
        status = pathlib.Path(f"/proc/{self.federation.coordinator.running.pid}/status")
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) << 10

    def assert_memory_falls_to(self, before):
        """In time: a busy machine is still at the streams when the last of them was sent."""
        wait_for(lambda: self.memory() - before < GROWTH_MAX, "the memory of the flood")

    def submit(self):
        path = self.root / "job.yaml"
        path.write_text((EXAMPLE / "job.yaml").read_text("utf-8").replace("rounds: 10",
                                                                          "rounds: 40"), "utf-8")
        self.federation.ask("job", "submit", path)

    def assert_unnoticed(self):
        job = wait_for(lambda: (found := self.federation.job(JOB))["status"] in ("done", "failed")
                       and found, "the job's end")
        self.assertEqual(job["status"], "done", job)

    def test_case23_streams_opened_and_reset_at_once(self):
        def reset(i):
            stream = 2 * i + 1
            return (frame(HEADERS, END_HEADERS, stream, CALL) +
                    frame(RST_STREAM, 0, stream, struct.pack(">I", 8)))
        self.submit()
        self.flood(reset, 20_000)
        once = self.memory()  # gRPC holds a stream until the flood of its connection lets up
        for _ in range(3):
            self.flood(reset, 20_000)
        self.assert_memory_falls_to(once)
        self.assert_unnoticed()
        self.assertTrue(self.federation.coordinator.says("WIRE-STREAMS"))

    def test_case23_pings(self):
        before = self.memory()
        self.submit()
        self.flood(lambda i: frame(PING, 0, 0, struct.pack(">Q", i)), 200_000)
        self.assert_memory_falls_to(before)
        self.assert_unnoticed()


if __name__ == "__main__":
    unittest.main()
