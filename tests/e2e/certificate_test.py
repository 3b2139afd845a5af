"""The root is replaced under connected sites, and single certificates are ended and renewed: jobs
go on, and what is trusted no more stays out."""

import socket
import ssl
import unittest

from deploy_test import EXAMPLE, SITES, Deploy
from federation import wait_for
from florin_run import florin, florin_json


class Certificates(Deploy):
    def ask(self, *args):
        return self.federation.ask(*args)

    def serials(self):
        return {row["site"]: row["serial"] for row in self.ask("site", "list")}

    def roots(self, rows):
        return [row["id"] for row in rows if "root" in row["what"]]

    def is_let_in(self, tls):
        """Whether the coordinator's port takes this certificate, with its key."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # it is the other side that is looked at
        context.set_alpn_protocols(["h2"])
        context.load_cert_chain(*tls)
        try:
            with socket.create_connection(("127.0.0.1", self.federation.port), timeout=30) as raw:
                with context.wrap_socket(raw) as connection:
                    return len(connection.recv(1)) == 1  # its settings, once the handshake is over
        except (ssl.SSLError, ConnectionError):
            return False

    def test_the_root_is_replaced_while_sites_are_connected(self):
        self.add_sites()
        old = self.federation.open_tls(self.root / "graz", self.root / "old")
        path = self.submit(rounds=400, minimum=3, deadline=60)
        first, = self.roots(self.ask("certificate", "show"))
        serials = self.serials()
        token = self.ask("operator", "add", "bob")[0]["token"]
        bob = self.root / "bob"
        florin("operator", "join", token, "--dir", bob)

        second, trusted = self.roots(self.ask("certificate", "rotate-root"))
        self.assertEqual(trusted, first)
        self.assertNotEqual(second, first)
        wait_for(lambda: all(serials[site] != serial for site, serial in self.serials().items()),
                 "all sites to renew")
        self.federation.await_sites(len(SITES))
        self.assertTrue(self.is_let_in(old))
        behind = [row["id"] for row in self.ask("certificate", "show")
                  if row["what"] == "not renewed yet"]
        self.assertEqual(behind, ['operator "bob"'])
        florin("operator", "renew", "--dir", bob)
        self.assertNotIn("not renewed yet",
                         [row["what"] for row in self.ask("certificate", "show")])

        self.assertEqual(self.roots(self.ask("certificate", "end-old-root")), [second])
        wait_for(lambda: not self.is_let_in(old), "the old root to end")
        new = self.federation.open_tls(self.root / "graz", self.root / "new")
        wait_for(lambda: self.is_let_in(new), "the new one")
        self.assert_done_as_simulated(path, 240)

        # Who comes now, and what is asked now, is as before.
        self.federation.add_site("spare", EXAMPLE / "sites" / "graz")
        self.federation.await_sites(len(SITES) + 1)
        for chain, events in (("calls", ("rotate-root", "end-old-root")),
                              ("members", ("root-rotated", "old-root-ended"))):
            said = [row["event"] for row in self.ask("audit", "show", "--chain", chain)]
            for event in events:
                self.assertEqual(said.count(event), 1, chain)
        self.assertEqual(florin_json("operator", "renew", "--dir", self.federation.operator)[3],
                         {"item": "roots trusted", "value": 1})

    def test_one_certificate_is_ended_and_its_site_renews(self):
        self.add_sites()
        serial = self.serials()["vienna"]
        row, = self.ask("certificate", "deny", serial)
        self.assertEqual(row["of"], "site vienna")
        vienna = self.federation.agents["vienna"]
        wait_for(lambda: vienna.says("PEER-REVOKED"), "the site to be turned away")
        self.federation.await_sites(len(SITES) - 1)
        path = self.submit(rounds=20, minimum=3, deadline=60)
        florin("agent", "renew", "--dir", self.root / "vienna")
        self.assert_done_as_simulated(path)
        self.assertIn(serial, [row["id"] for row in self.ask("certificate", "show")])

    def test_a_connected_site_renews_when_it_is_asked(self):
        self.add_sites(sites=("graz", "lisbon"))
        before = self.serials()
        self.ask("site", "renew", "graz")
        wait_for(lambda: self.serials()["graz"] != before["graz"], "a new certificate")
        self.federation.await_sites(2)
        self.assertEqual(self.serials()["lisbon"], before["lisbon"])
        self.assertIn("renew-site", [row["event"] for row in self.ask("audit", "show")])
        run = florin("site", "renew", "vienna", "--dir", self.federation.operator, expect=3)
        self.assertTrue(run.stderr.strip().endswith("[SITE-AWAY]"), run.stderr)
        run = florin("certificate", "deny", "abcd", "--dir", self.federation.operator, expect=2)
        self.assertTrue(run.stderr.strip().endswith("[CERTIFICATE-SERIAL]"), run.stderr)


if __name__ == "__main__":
    unittest.main()
