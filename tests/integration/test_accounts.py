"""Accounts: registering, logging in, devices, passwords, tokens (issue: the whole conversation, point 1)."""
from brusio_test import PrivateServerTest, ServerTest

PASSWORD = "correct horse battery"


class Account(ServerTest):
    def account(self, name, **options):
        """A logged-in client with a new account."""
        client = self.full(name, **options)
        client.ok("register", password=PASSWORD)
        return client

    def device(self, account, device, **secret):
        """Another connection of the same account."""
        client = self.unnamed()
        secret = secret or {"password": PASSWORD}
        client.welcome = client.ok("hello", name=account.name, device=device, **secret)
        client.name = account.name
        return client


class Registering(Account):
    def test_a_guest_becomes_an_account(self):
        client = self.account("anna")
        again = self.device(client, "other")
        self.assertTrue(again.welcome["user"]["account"])
        self.assertFalse(again.welcome["user"]["admin"])

    def test_a_short_password_changes_nothing(self):
        client = self.full("anna")
        for password in ("", "short", "1234567", "x" * 257):
            client.refused("bad_field", "register", password=password)
        client.refused("bad_field", "register")
        client.refused("bad_field", "register", password=12345678)
        client.ok("register", password=PASSWORD)

    def test_one_cannot_register_twice(self):
        client = self.account("anna")
        client.refused("forbidden", "register", password=PASSWORD)

    def test_one_registers_after_hello(self):
        self.unnamed().refused("need_hello", "register", password=PASSWORD)

    def test_the_rooms_of_the_guest_stay_his(self):
        client = self.full("anna", self.room)
        client.ok("register", password=PASSWORD)
        rooms = [room["room"] for room in self.device(client, "other").welcome["rooms"]]
        self.assertIn(self.room, rooms)


class LoggingIn(Account):
    def test_a_wrong_password_and_a_name_that_is_none_look_alike(self):
        client = self.account("anna")
        wrong = self.unnamed().refused("auth_failed", "hello", name=client.name, password="wrong wrong wrong")
        nobody = self.unnamed().refused("auth_failed", "hello", name=self.named("nobody"), password="wrong wrong wrong")
        self.assertEqual(wrong["message"], nobody["message"])

    def test_without_a_password_the_name_is_not_given(self):
        client = self.account("anna")
        self.unnamed().refused({"auth_required", "name_taken"}, "hello", name=client.name)
        self.unnamed().refused({"auth_required", "name_taken"}, "hello", name=client.name.upper())

    def test_the_simple_form_does_not_get_the_name_of_an_account(self):
        client = self.account("anna")
        simple = self.simple("anna")
        simple.introduce()
        self.assertEqual(simple.expect(op="error")["code"], "name_taken")
        simple.name = self.named("other")
        simple.enter()
        client.barrier()

    def test_guesses_are_slowed(self):
        client = self.account("anna")
        guesser = self.unnamed()
        codes = [guesser.refused({"auth_failed", "rate_limited"}, "hello", name=client.name,
                                 password=f"guess number {number}")["code"] for number in range(8)]
        self.assertEqual(codes[0], "auth_failed")
        self.assertEqual(codes[-1], "rate_limited")

    def test_guesses_at_a_name_that_is_none_are_slowed_too(self):
        guesser = self.unnamed()
        codes = [guesser.refused({"auth_failed", "rate_limited"}, "hello", name=self.named("nobody"),
                                 password=f"guess number {number}")["code"] for number in range(8)]
        self.assertEqual(codes[-1], "rate_limited")

    def test_two_devices_at_once(self):
        first = self.account("anna")
        first.join(self.room)
        second = self.device(first, "phone")
        second.join(self.room)
        first.say("from the first", self.room)
        self.assertEqual(second.push(op="message")["message"], "from the first")
        second.say("from the second", self.room)
        self.assertEqual(first.push(op="message")["message"], "from the second")

    def test_the_same_device_takes_the_place_of_the_older_connection(self):
        old = self.account("anna")
        new = self.device(old, "default")
        old.rest_of_lines()
        new.barrier()

    def test_passwd(self):
        client = self.account("anna")
        client.refused("auth_failed", "passwd", old="wrong wrong", new="another password")
        client.refused("bad_field", "passwd", old=PASSWORD, new="short")
        client.ok("passwd", old=PASSWORD, new="another password")
        self.unnamed().refused("auth_failed", "hello", name=client.name, password=PASSWORD)
        self.device(client, "other", password="another password")
        client.barrier()

    def test_passwd_ends_all_other_sessions(self):
        client = self.account("anna")
        other = self.device(client, "other")
        client.join(self.room)
        first = client.ok("send", id="said once", room=self.room, message="once")
        client.ok("passwd", old=PASSWORD, new="another password")
        self.assertEqual(other.push(op="notice")["code"], "revoked")
        other.rest_of_lines()
        self.unnamed().refused("auth_required", "hello", name=client.name, session=other.welcome["session"])
        # The session that asked goes on with its device: what it sent before is the same send.
        again = client.ok("send", id="said once", room=self.room, message="once")
        self.assertEqual(again["seq"], first["seq"])
        # Its secret may be known, too: it opens nothing any more.
        self.unnamed().refused("auth_required", "hello", name=client.name, session=client.session)

    def test_a_guest_has_no_password_to_change(self):
        self.full("guest").refused("auth_required", "passwd", old=PASSWORD, new=PASSWORD)


class Tokens(Account):
    def test_a_token_logs_in_until_it_is_revoked(self):
        client = self.account("anna")
        token = client.ok("token", label="bot")["token"]
        self.device(client, "bot", token=token)
        self.assertEqual(client.ok("token", label="")["labels"], ["bot"])
        client.ok("token", label="bot", revoke=True)
        self.unnamed().refused("auth_failed", "hello", name=client.name, token=token)
        client.refused("bad_field", "token", label="bot", revoke=True)

    def test_who_came_in_with_a_token_goes_when_it_is_revoked(self):
        client = self.account("anna")
        guest = self.full("guest", self.room)
        client.join(self.room)
        token, kept = (client.ok("token", label=label)["token"] for label in ("lost", "kept"))
        lost, bot = self.device(client, "lost", token=token), self.device(client, "bot", token=kept)
        by_password = self.device(client, "desk")
        by_session = self.unnamed()
        by_session.ok("hello", name=client.name, device="resumed", session=lost.welcome["session"])
        both = self.unnamed()
        both.ok("hello", name=client.name, device="both", session=lost.welcome["session"], token=kept)
        lost.join(self.room)
        lost.ok("token", label="lost", revoke=True)
        # Somebody who revokes their own is told that it is done; the next time they need another proof.
        lost.barrier()
        token = client.ok("token", label="lost")["token"]
        lost = self.device(client, "lost", token=token)
        lost.join(self.room)
        client.ok("token", label="lost", revoke=True)
        for gone in (lost, by_session):
            self.assertIn("revoked", b"".join(gone.rest_of_lines()).decode())
        for stays in (client, bot, by_password, both):
            stays.barrier()
        self.unnamed().refused("auth_required", "hello", name=client.name, session=lost.welcome["session"])
        client.say("still here", self.room)
        self.assertEqual(guest.entry(self.room)["message"], "still here")

    def test_a_label_names_one_token(self):
        client = self.account("anna")
        first = client.ok("token", label="bot")["token"]
        second = client.ok("token", label="bot")["token"]
        self.unnamed().refused("auth_failed", "hello", name=client.name, token=first)
        self.device(client, "bot", token=second)

    def test_a_token_opens_its_own_account_alone(self):
        anna, bob = self.account("anna"), self.account("bob")
        token = anna.ok("token", label="bot")["token"]
        self.unnamed().refused("auth_failed", "hello", name=bob.name, token=token)

    def test_a_token_without_a_name_is_its_account_whatever_that_is_called_by_now(self):
        anna = self.account("anna")
        token, before, after = anna.ok("token", label="phone")["token"], anna.name, self.named("bianca")
        anna.ok("nick", name=after)
        self.unnamed().refused("auth_failed", "hello", name=before, token=token)
        phone = self.unnamed()
        self.assertEqual(phone.ok("hello", token=token, device="phone")["user"]["name"], after)
        phone.join(self.room)
        self.unnamed().refused("auth_failed", "hello", token="0" * 64)
        self.unnamed().refused("bad_field", "hello", session=anna.session)

    def test_guests_have_none(self):
        self.full("guest").refused("auth_required", "token", label="bot")


class Configured(PrivateServerTest):
    def test_no_guests(self):
        self.start("--guests", "no")
        self.unnamed().refused("auth_required", "hello", name="mario")
        simple = self.simple("mario")
        simple.introduce()
        self.assertEqual(simple.expect(op="error")["code"], "auth_required")

    def test_a_session_does_not_come_back_with_a_restart_when_its_token_was_revoked(self):
        server = self.start()
        anna = self.full("anna")
        anna.ok("register", password=PASSWORD)
        lost = self.unnamed()
        welcome = lost.ok("hello", name=anna.name, device="lost", token=anna.ok("token", label="bot")["token"])
        anna.ok("token", label="bot", revoke=True)
        lost.rest_of_lines()
        server.kill()
        server.start()
        self.unnamed().refused("auth_required", "hello", name=anna.name, device="lost", session=welcome["session"])

    def test_registration_by_the_administrator_alone(self):
        self.start("--registration", "admin")
        self.full("mario").refused("forbidden", "register", password=PASSWORD)

    def test_accounts_survive_kill_9_during_registrations(self):
        server = self.start()
        kept = []
        for number in range(5):
            clients = [self.full(f"user{number}x{one}") for one in range(3)]
            posted = [client.post("register", password=PASSWORD) for client in clients]
            if number % 2:
                clients[0].answer(posted[0])
                kept.append(clients[0].name)
            server.kill()
            server.start()
            for client in clients:
                client.close()
        for name in kept:
            self.unnamed().ok("hello", name=name, password=PASSWORD)
        self.assertEqual(server.run("check").returncode, 0)
