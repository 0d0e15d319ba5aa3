"""Sessions: who a guest is when their connection breaks (protocol section 3)."""
import time
import unittest

from brusio_test import Closed, Late, PrivateServerTest, ServerTest, deadline


class Sessions(ServerTest):
    def hello(self, client, name, **fields):
        return client.ok("hello", name=self.named(name), **fields)

    def test_a_name_that_is_held_is_taken(self):
        holder = self.full("holder")
        self.unnamed().refused("name_taken", "hello", name=holder.name)

    def test_a_wrong_session_does_not_take_over(self):
        holder = self.full("holder")
        for session in ("wrong", holder.session[:-1], holder.session + "x", holder.session[::-1] + "0", ""):
            self.unnamed().refused({"name_taken", "bad_field"}, "hello", name=holder.name, session=session)
        holder.barrier()

    def test_anothers_session_does_not_take_over(self):
        holder, other = self.full("holder"), self.full("other")
        self.unnamed().refused("name_taken", "hello", name=holder.name, session=other.session)
        holder.barrier()

    def test_the_session_takes_the_place_of_the_older_connection(self):
        reader, old = self.full("reader", self.room), self.full("mario", self.room)
        new = self.full("mario", self.room, session=old.session)
        self.assertEqual(new.session, old.session)
        old.rest_of_lines()
        new.say("from the new one", self.room)
        self.assertEqual(reader.push(op="message")["from"]["name"], new.name)
        members = [member["name"] for member in reader.ok("who", room=self.room)["members"]]
        self.assertEqual(sorted(members), sorted([reader.name, new.name]))

    def test_what_a_half_open_connection_still_gets_is_not_lost(self):
        """The old connection reads nothing any more and is not closed: its user resumes on a new one."""
        writer, old = self.full("writer", self.room), self.full("mario", self.room)
        writer.say("while it is half open", self.room)
        new = self.full("mario", session=old.session)
        new.join(self.room, after=0, epoch=old.epoch)
        self.assertEqual(new.entry(self.room)["message"], "while it is half open")

    def test_the_default_device_has_a_name(self):
        old = self.full("mario")
        self.full("mario", session=old.session, device="default")
        old.rest_of_lines()

    def test_two_devices_stand_side_by_side(self):
        desk = self.full("mario", self.room, device="desk")
        phone = self.full("mario", self.room, session=desk.session, device="phone")
        reader = self.full("reader", self.room)
        desk.say("from the desk", self.room)
        self.assertEqual(phone.entry(self.room)["message"], "from the desk")
        phone.say("from the phone", self.room)
        self.assertEqual(desk.entry(self.room)["message"], "from the phone")
        self.assertEqual([entry["message"] for entry in reader.entries(2, self.room)],
                         ["from the desk", "from the phone"])

    def test_two_devices_are_one_member(self):
        reader = self.full("reader", self.room)
        desk = self.full("mario", self.room, device="desk")
        phone = self.full("mario", self.room, session=desk.session, device="phone")
        members = [member["name"] for member in reader.ok("who", room=self.room)["members"]]
        self.assertEqual(sorted(members), sorted([reader.name, desk.name]))
        phone.close()
        desk.say("still here", self.room)
        self.assertEqual(reader.push(op="message")["message"], "still here")

    def test_only_the_last_device_that_goes_is_told(self):
        reader = self.full("reader", self.room)
        desk = self.full("mario", self.room, device="desk")
        phone = self.full("mario", self.room, session=desk.session, device="phone")
        phone.close()
        # The same device again: the server has dealt with the end of the old connection, or ends it now.
        self.full("mario", self.room, session=desk.session, device="phone").close()
        desk.say("alone again", self.room)
        self.assertEqual(reader.push(op={"exit", "message"})["op"], "message")
        desk.close()
        reader.push(op="exit", name=desk.name)

    def test_a_lost_guests_name_stays_his(self):
        reader, mario = self.full("reader", self.room), self.full("mario", self.room)
        mario.reset()
        reader.push(op="exit", name=mario.name)
        self.unnamed().refused("name_taken", "hello", name=mario.name)
        again = self.full("mario", self.room, session=mario.session)
        self.assertEqual(again.session, mario.session)

    def test_an_unknown_session_is_ignored_where_the_name_is_free(self):
        client = self.full("free", session="a-session-that-never-was")
        self.assertNotEqual(client.session, "a-session-that-never-was")
        self.unnamed().refused("name_taken", "hello", name=client.name, session="a-session-that-never-was")

    def test_a_session_goes_with_its_owner_to_his_new_name(self):
        old = self.full("before")
        old.ok("nick", name=self.named("after"))
        new = self.unnamed()
        new.ok("hello", name=self.named("after"), session=old.session)
        old.rest_of_lines()

    def test_many_takeovers_leave_one_connection(self):
        clients = [self.full("mario", self.room)]
        for _ in range(10):
            clients.append(self.full("mario", self.room, session=clients[0].session))
        for old in clients[:-1]:
            old.rest_of_lines()
        self.assertEqual(clients[-1].ok("who", room=self.room)["members"][0]["name"], clients[-1].name)

    def test_takeover_while_the_old_one_is_talking(self):
        """Everything that the old connection was acknowledged stands, and the log has no hole."""
        reader = self.full("reader", self.room)
        old = self.full("mario", self.room)
        ids = [old.post("send", room=self.room, message=f"m{number}", id=f"talk{number}") for number in range(50)]
        new = self.full("mario", self.room, session=old.session)
        acks = {}
        try:
            for identity in ids:
                acks[identity] = old.answer(identity)["seq"]
        except (Closed, Late):
            pass
        for number, identity in enumerate(ids):
            ack = new.say(f"m{number}", self.room, id=identity)
            self.assertEqual(acks.setdefault(identity, ack["seq"]), ack["seq"])
        self.assertEqual(sorted(acks.values()), list(range(1, 51)))
        self.assertEqual([entry["seq"] for entry in reader.entries(50, self.room)], list(range(1, 51)))

    def test_the_new_connection_reads_what_the_old_one_was_just_saying(self):
        """Only the connection that sent a message does not get it: its successor gets all of it."""
        old = self.full("mario", self.room)
        written = 0
        for turn in range(10):
            for number in range(20):
                old.post("send", room=self.room, message=f"t{turn} {number}")
            new = self.unnamed()
            new.post("hello", name=old.name, session=old.session, id="h")
            new.post("join", room=self.room, after=written, epoch=old.epoch, id="j")
            own = new.post("send", room=self.room, message=f"t{turn} own")
            marker = self.full(f"marker{turn}", self.room)
            own = new.answer(own)["seq"]
            last = marker.say("marker", self.room)["seq"]
            seqs = [new.entry(self.room)["seq"] for _ in range(last - written - 1)]
            self.assertEqual(seqs, [seq for seq in range(written + 1, last + 1) if seq != own])
            marker.close()
            new.session, new.epoch, new.name = old.session, old.epoch, old.name
            old, written = new, last


class ShortSessions(PrivateServerTest):
    def test_a_session_ends_some_time_after_its_connection(self):
        self.start("--session-seconds", 1)
        reader, mario = self.full("reader", self.room), self.full("mario", self.room)
        mario.close()
        reader.push(op="exit")
        asking = self.unnamed()
        until = time.monotonic() + deadline()
        while asking.request("hello", name=mario.name)["op"] == "error":
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)
        again = self.unnamed()
        again.refused("name_taken", "hello", name=mario.name, session=mario.session)

    def test_after_a_restart_the_name_is_free(self):
        server = self.start()
        mario = self.full("mario", self.room)
        server.kill()
        server.restart()
        again = self.full("mario", self.room, session=mario.session)
        self.assertEqual(again.epoch, mario.epoch)


if __name__ == "__main__":
    unittest.main()
