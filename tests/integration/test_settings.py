"""Settings of an account: kept by the server for all of its clients (doc/protocol.md, `settings`)."""
from brusio_test import PrivateServerTest

PASSWORD = "correct horse"


class Settings(PrivateServerTest):
    def account(self, name="anna"):
        client = self.full(name)
        client.ok("register", password=PASSWORD)
        return client

    def other(self, client, device="phone"):
        other = self.unnamed()
        other.ok("hello", name=client.name, password=PASSWORD, device=device)
        return other

    def test_they_are_those_of_all_devices_and_outlive_the_process(self):
        server = self.start()
        desk = self.account()
        self.assertEqual(desk.ok("settings")["settings"], {})
        answer = desk.ok("settings", set={"theme": "dark", "notify.#ops": "all"})
        self.assertEqual(answer["settings"], {"theme": "dark", "notify.#ops": "all"})
        phone = self.other(desk)
        self.assertEqual(phone.ok("settings")["settings"], {"notify.#ops": "all", "theme": "dark"})
        phone.ok("settings", set={"theme": None, "size": "large"})
        told = desk.push(op="settings")
        self.assertEqual(told["settings"], {"theme": "", "size": "large"})
        self.assertTrue(told["message"])
        self.assertEqual(told["from"]["name"], "brusio")
        server.kill()
        server.start()
        self.assertEqual(self.other(desk).ok("settings")["settings"], {"notify.#ops": "all", "size": "large"})

    def test_only_who_has_asked_is_told(self):
        self.start()
        desk = self.account()
        silent, listening, another = self.other(desk, "a"), self.other(desk, "b"), self.account("bruno")
        listening.ok("settings")
        another.ok("settings")
        desk.ok("settings", set={"theme": "dark"})
        listening.push(op="settings")
        for client in (silent, another, desk):
            client.barrier()
            self.assertFalse([push for push in client.pushes if push["op"] == "settings"])

    def test_a_guest_has_none(self):
        self.start()
        guest = self.full("luca")
        guest.refused("auth_required", "settings")
        guest.refused("auth_required", "settings", set={"theme": "dark"})

    def test_they_are_bounded(self):
        self.start()
        anna = self.account()
        anna.refused("bad_field", "settings", set={})
        anna.refused("bad_field", "settings", set={"theme": 1})
        anna.refused("bad_field", "settings", set="dark")
        anna.refused("bad_field", "settings", set={"theme": "x" * 1025})
        anna.refused("bad_field", "settings", set={"x" * 300: "y"})
        anna.refused("limit", "settings", set={f"k{n}": "v" for n in range(257)})
        anna.refused("limit", "settings", set={f"k{n}": "v" * 1000 for n in range(17)})
        self.assertEqual(anna.ok("settings")["settings"], {})
        anna.ok("settings", set={f"k{n}": "v" for n in range(256)})
        anna.refused("limit", "settings", set={"one more": "v"})
        anna.ok("settings", set={"k0": "w"})
        self.assertEqual(len(anna.ok("settings")["settings"]), 256)

    def test_a_person_reads_them_as_lines(self):
        self.start()
        anna = self.account()
        anna.ok("settings", set={"theme": "dark"})
        anna.send_object({"message": "/settings"}, b"\n")
        while "theme: dark" not in anna.push(op="notice")["message"]:
            pass
