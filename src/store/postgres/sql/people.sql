-- People, rooms, and what is removed step by step.

-- Removes some of what is left over: up to p_limit rows of one thing.
CREATE OR REPLACE FUNCTION step_leftover_v1(p_kind int, p_number bigint, p_seq bigint, p_limit bigint)
 RETURNS void LANGUAGE plpgsql AS $$
DECLARE
 v_left bigint := p_limit;
 v_did bigint;
 v_next bigint;
 v_before bigint;
 x record;
BEGIN
 IF p_kind = 1 THEN
  SELECT next INTO v_next FROM leftovers WHERE kind = 1 AND number = p_number AND seq = p_seq;
  v_next := empty_edits_v1(p_number, v_next, p_limit);
  UPDATE leftovers SET next = v_next WHERE kind = 1 AND number = p_number AND seq = p_seq;
  v_left := CASE WHEN v_next = 0 THEN 1 ELSE 0 END;
 ELSIF p_kind = 2 THEN
  DELETE FROM sends WHERE (person, device, id) IN
   (SELECT person, device, id FROM sends WHERE person = p_number LIMIT v_left);
  GET DIAGNOSTICS v_did = ROW_COUNT;
  v_left := v_left - v_did;
  DELETE FROM mentions WHERE (person, room, seq) IN
   (SELECT person, room, seq FROM mentions WHERE person = p_number LIMIT v_left);
  GET DIAGNOSTICS v_did = ROW_COUNT;
  v_left := v_left - v_did;
 ELSIF p_kind = 4 THEN
  SELECT next INTO v_before FROM leftovers WHERE kind = 4 AND number = p_number AND seq = p_seq;
  v_next := greatest(v_before - p_limit, 0);
  FOR x IN SELECT e.seq, e.latest, e.ref, m.flags FROM entries e LEFT JOIN entries m ON m.room = e.room
   AND m.seq = e.ref WHERE e.room = p_number AND e.seq >= v_next AND e.seq < v_before AND e.kind = 2
   AND e.flags & 2048 <> 0 LOOP
   UPDATE entries SET flags = flags & ~2048 WHERE room = p_number AND seq = x.seq;
   IF x.flags & 4 = 0 THEN
    PERFORM replace_text_v1(p_number, CASE WHEN x.latest <> 0 THEN x.latest ELSE x.ref END);
   END IF;
  END LOOP;
  UPDATE leftovers SET next = v_next WHERE kind = 4 AND number = p_number AND seq = p_seq;
  v_left := CASE WHEN v_next = 0 THEN 1 ELSE 0 END;
 ELSE
  DELETE FROM members WHERE (person, room) IN
   (SELECT person, room FROM members WHERE room = p_number LIMIT v_left);
  GET DIAGNOSTICS v_did = ROW_COUNT;
  v_left := v_left - v_did;
  SELECT max(seq) INTO v_next FROM (SELECT seq FROM entries WHERE room = p_number ORDER BY seq LIMIT v_left) x;
  IF v_next IS NOT NULL THEN
   PERFORM remove_up_to_v1(p_number, v_next);
   v_left := 0;
  ELSIF v_left > 0 THEN
   DELETE FROM rooms WHERE id = p_number AND removed;
  END IF;
 END IF;
 IF v_left > 0 THEN
  DELETE FROM leftovers WHERE kind = p_kind AND number = p_number AND seq = p_seq;
 END IF;
END $$;

-- Drops what edits have replaced in a room that keeps that no more.
CREATE OR REPLACE FUNCTION drop_kept_v1(p_room bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
 INSERT INTO leftovers VALUES(4, p_room, 0,
  coalesce((SELECT e.seq FROM entries e WHERE e.room = p_room ORDER BY e.seq DESC LIMIT 1), 0) + 1)
  ON CONFLICT (kind, number, seq) DO UPDATE SET next = excluded.next;
 PERFORM step_leftover_v1(4, p_room, 0, 250);
END $$;

CREATE OR REPLACE FUNCTION close_room_v1(p_room bigint) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
 UPDATE rooms SET removed = true, name = 'removed:' || id, topic = '', direct = false, side_low = 0,
  side_high = 0 WHERE id = p_room AND NOT removed;
 IF NOT FOUND THEN
  RETURN -3;
 END IF;
 DELETE FROM invitations WHERE room = p_room;
 DELETE FROM sanctions WHERE room = p_room;
 DELETE FROM links WHERE room = p_room;
 DELETE FROM pins WHERE room = p_room;
 DELETE FROM leftovers WHERE kind IN (1, 4) AND number = p_room;
 INSERT INTO leftovers VALUES(3, p_room, 0, 0) ON CONFLICT DO NOTHING;
 PERFORM step_leftover_v1(3, p_room, 0, 250);
 RETURN 0;
END $$;

-- Conversations that nobody can read any more, or in which there is nothing to read, go; true: another one stays.
CREATE OR REPLACE FUNCTION leave_conversations_v1(p_person bigint) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
 x record;
 is_kept bool := false;
BEGIN
 FOR x IN SELECT id, side_high AS other FROM rooms WHERE direct AND side_low = p_person
  UNION SELECT id, side_low FROM rooms WHERE direct AND side_high = p_person LOOP
  IF x.other <> p_person AND EXISTS (SELECT 1 FROM people p WHERE p.id = x.other AND p.kind <> 2) AND EXISTS (SELECT 1 FROM rooms r
   WHERE r.id = x.id AND (r.purged_seq > 0 OR EXISTS (SELECT 1 FROM entries e WHERE e.room = x.id))) THEN
   is_kept := true;
  ELSE
   PERFORM close_room_v1(x.id);
   DELETE FROM people WHERE id = x.other AND kind = 2
    AND NOT EXISTS (SELECT 1 FROM rooms WHERE direct AND side_low = x.other)
    AND NOT EXISTS (SELECT 1 FROM rooms WHERE direct AND side_high = x.other);
  END IF;
 END LOOP;
 RETURN is_kept;
END $$;

CREATE OR REPLACE FUNCTION remove_person_v1(p_person bigint) RETURNS outcome LANGUAGE plpgsql AS $$
DECLARE
 r outcome := (-3, 0, 0, 0, 0, NULL);
BEGIN
 SELECT 0, kind, name INTO r.result, r.a, r.t FROM people WHERE id = p_person AND kind <> 2;
 IF NOT FOUND THEN
  r.result := -3;
  RETURN r;
 END IF;
 IF leave_conversations_v1(p_person) THEN
  r.a := 2;
 END IF;
 DELETE FROM members WHERE person = p_person;
 DELETE FROM invitations WHERE person = p_person;
 PERFORM 1 FROM sessions WHERE person = p_person FOR UPDATE;
 DELETE FROM sessions WHERE person = p_person;
 DELETE FROM tokens WHERE person = p_person;
 DELETE FROM blocks WHERE person = p_person;
 DELETE FROM blocks WHERE blocked = p_person;
 DELETE FROM factors WHERE person = p_person;
 DELETE FROM recovery_codes WHERE person = p_person;
 DELETE FROM passkeys WHERE person = p_person;
 DELETE FROM settings WHERE person = p_person;
 DELETE FROM links WHERE maker = p_person;
 DELETE FROM profiles WHERE person = p_person;
 DELETE FROM files WHERE owner = p_person AND entry = -1;
 INSERT INTO leftovers VALUES(2, p_person, 0, 0) ON CONFLICT DO NOTHING;
 PERFORM step_leftover_v1(2, p_person, 0, 250);
 IF r.a = 2 THEN
  UPDATE people SET kind = 2, folded = NULL, password = NULL, admin = false WHERE id = p_person;
 ELSE
  DELETE FROM people WHERE id = p_person;
 END IF;
 RETURN r;
END $$;

CREATE OR REPLACE FUNCTION put_token_v1(p_person bigint, p_label text, p_hash bytea, p_most bigint, p_now bigint)
 RETURNS int LANGUAGE plpgsql AS $$
DECLARE
 v_old bytea;
BEGIN
 IF p_most <> 0 AND (SELECT count(*) FROM tokens WHERE person = p_person AND label <> p_label) >= p_most THEN
  RETURN -6;
 END IF;
 DELETE FROM tokens WHERE person = p_person AND label = p_label RETURNING hash INTO v_old;
 DELETE FROM sessions WHERE person = p_person AND token = v_old;
 INSERT INTO tokens(hash, person, label, created_ms) VALUES(p_hash, p_person, p_label, p_now);
 RETURN 0;
END $$;

CREATE OR REPLACE FUNCTION put_push_v1(p_person bigint, p_hash bytea, p_label text, p_endpoint text, p_point text,
 p_auth text, p_lang text, p_texts bigint, p_made_ms bigint, p_most bigint) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
 IF NOT EXISTS (SELECT 1 FROM tokens WHERE person = p_person AND label = p_label) THEN
  RETURN -3;
 END IF;
 IF p_most <> 0 AND (SELECT count(*) FROM pushes WHERE person = p_person AND label <> p_label AND hash <> p_hash)
  >= p_most THEN
  RETURN -6;
 END IF;
 DELETE FROM pushes WHERE hash = p_hash OR (person = p_person AND label = p_label);
 INSERT INTO pushes(hash, person, label, endpoint, point, auth, lang, texts, made_ms)
  VALUES(p_hash, p_person, p_label, p_endpoint, p_point, p_auth, p_lang, p_texts, p_made_ms);
 RETURN 0;
END $$;

CREATE OR REPLACE FUNCTION put_factor_v1(p_person bigint, p_secret text, p_step bigint, p_codes bytea)
 RETURNS int LANGUAGE plpgsql AS $$
BEGIN
 DELETE FROM recovery_codes WHERE person = p_person;
 DELETE FROM factors WHERE person = p_person;
 INSERT INTO factors SELECT id, p_secret, p_step FROM people WHERE id = p_person AND kind = 1;
 IF NOT FOUND THEN
  RETURN -3;
 END IF;
 INSERT INTO recovery_codes SELECT p_person, substr(p_codes, i, 16)
  FROM generate_series(1, length(p_codes), 16) i;
 RETURN 0;
END $$;

CREATE OR REPLACE FUNCTION put_passkey_v1(p_person bigint, p_hash bytea, p_label text, p_host text, p_key text,
 p_counter bigint, p_challenge_ms bigint, p_made_ms bigint, p_most bigint) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
 IF p_most <> 0 AND (SELECT count(*) FROM passkeys WHERE person = p_person) >= p_most THEN
  RETURN -6;
 END IF;
 INSERT INTO passkeys(hash, person, label, host, key, counter, challenge_ms, made_ms)
  VALUES(p_hash, p_person, p_label, p_host, p_key, p_counter, p_challenge_ms, p_made_ms) ON CONFLICT DO NOTHING;
 RETURN CASE WHEN FOUND THEN 0 ELSE -4 END;
END $$;

CREATE OR REPLACE FUNCTION put_setting_v1(p_person bigint, p_key text, p_value text, p_most bigint, p_bytes_most bigint)
 RETURNS int LANGUAGE plpgsql AS $$
DECLARE
 v_count bigint;
 v_bytes bigint;
BEGIN
 IF p_value = '' THEN
  DELETE FROM settings WHERE person = p_person AND key = p_key;
  RETURN 0;
 END IF;
 SELECT count(*) + 1, coalesce(sum(octet_length(key || value)), 0) + octet_length(p_key || p_value)
  INTO v_count, v_bytes FROM settings WHERE person = p_person AND key <> p_key;
 IF v_count > p_most OR v_bytes > p_bytes_most THEN
  RETURN -6;
 END IF;
 INSERT INTO settings(person, key, value) SELECT id, p_key, p_value FROM people WHERE id = p_person AND kind = 1
  ON CONFLICT (person, key) DO UPDATE SET value = excluded.value;
 RETURN CASE WHEN FOUND THEN 0 ELSE -3 END;
END $$;

CREATE OR REPLACE FUNCTION put_pin_v1(p_room bigint, p_seq bigint, p_by text, p_time_ms bigint, p_most bigint)
 RETURNS int LANGUAGE plpgsql AS $$
BEGIN
 IF NOT EXISTS (SELECT 1 FROM entries WHERE room = p_room AND seq = p_seq AND kind = 1 AND flags & 4 = 0) THEN
  RETURN -3;
 END IF;
 IF p_most <> 0 AND (SELECT count(*) FROM pins p JOIN entries e ON e.room = p.room AND e.seq = p.seq
  WHERE p.room = p_room AND p.seq <> p_seq AND e.flags & 4 = 0) >= p_most THEN
  RETURN -6;
 END IF;
 DELETE FROM pins p WHERE p.room = p_room AND NOT EXISTS (SELECT 1 FROM entries e
  WHERE e.room = p.room AND e.seq = p.seq AND e.flags & 4 = 0);
 INSERT INTO pins(room, seq, by, time_ms) VALUES(p_room, p_seq, p_by, p_time_ms)
  ON CONFLICT (room, seq) DO UPDATE SET by = excluded.by, time_ms = excluded.time_ms;
 RETURN 0;
END $$;

CREATE OR REPLACE FUNCTION put_link_v1(p_hash bytea, p_key text, p_maker bigint, p_room bigint, p_uses bigint,
 p_made_ms bigint, p_until_ms bigint, p_most bigint) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
 IF p_most <> 0 AND (SELECT count(*) FROM links WHERE maker = p_maker AND until_ms > p_made_ms AND used < uses) >= p_most THEN
  RETURN -6;
 END IF;
 IF (p_maker <> 0 AND NOT EXISTS (SELECT 1 FROM people WHERE id = p_maker AND kind = 1))
  OR (p_room <> 0 AND NOT EXISTS (SELECT 1 FROM rooms WHERE id = p_room AND NOT direct AND NOT removed)) THEN
  RETURN -3;
 END IF;
 INSERT INTO links(hash, key, maker, room, uses, made_ms, until_ms)
  VALUES(p_hash, p_key, p_maker, p_room, p_uses, p_made_ms, p_until_ms);
 DELETE FROM links WHERE until_ms <= p_made_ms;
 RETURN 0;
END $$;

CREATE OR REPLACE FUNCTION use_link_v1(p_hash bytea, p_person bigint, p_now bigint) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
 PERFORM 1 FROM links WHERE hash = p_hash AND until_ms > p_now FOR UPDATE;
 IF NOT FOUND THEN
  RETURN -3;
 END IF;
 -- A person who came in by the link before may do so again, as long as it is valid.
 IF EXISTS (SELECT 1 FROM link_uses WHERE link = p_hash AND person = p_person) THEN
  RETURN 0;
 END IF;
 UPDATE links SET used = used + 1 WHERE hash = p_hash AND used < uses;
 IF NOT FOUND THEN
  RETURN -3;
 END IF;
 INSERT INTO link_uses(link, person) VALUES(p_hash, p_person);
 RETURN 0;
END $$;

-- Out: the key of the picture.
CREATE OR REPLACE FUNCTION put_profile_v1(p_person bigint, p_display text, p_about text, p_picture text, p_hides bool,
 p_bytes_most bigint) RETURNS outcome LANGUAGE plpgsql AS $$
DECLARE
 r outcome := (0, 0, 0, 0, 0, '');
BEGIN
 IF NOT EXISTS (SELECT 1 FROM people WHERE id = p_person AND kind = 1) THEN
  r.result := -3;
  RETURN r;
 END IF;
 IF p_picture <> '' THEN
  UPDATE files SET entry = -1 WHERE id = p_picture AND owner = p_person AND entry <= 0 AND type LIKE 'image/%'
   AND bytes <= p_bytes_most RETURNING key INTO r.t;
  IF NOT FOUND THEN
   r.result := -8;
   RETURN r;
  END IF;
 END IF;
 INSERT INTO profiles(person, display, about, picture, hides_reading)
  VALUES(p_person, p_display, p_about, p_picture, p_hides) ON CONFLICT (person) DO UPDATE
  SET display = excluded.display, about = excluded.about, picture = excluded.picture,
   hides_reading = excluded.hides_reading;
 DELETE FROM files WHERE owner = p_person AND entry = -1 AND id <> p_picture;
 RETURN r;
END $$;

-- Out: the new owner and their marker; 0: no need, or nobody.
CREATE OR REPLACE FUNCTION pass_ownership_v1(p_room bigint) RETURNS outcome LANGUAGE plpgsql AS $$
DECLARE
 r outcome := (0, 0, 0, 0, 0, NULL);
BEGIN
 IF EXISTS (SELECT 1 FROM members WHERE room = p_room AND role = 4) THEN
  RETURN r;
 END IF;
 SELECT m.person, m.read_seq INTO r.a, r.b FROM members m JOIN people p ON p.id = m.person
  WHERE m.room = p_room AND p.kind = 1 ORDER BY m.joined_ms, m.person LIMIT 1;
 IF NOT FOUND THEN
  r.a := 0;
  RETURN r;
 END IF;
 SELECT m.person, m.read_seq INTO r.a, r.b FROM (SELECT r.a AS person, r.b AS read_seq, 1 AS place, 0::bigint AS joined_ms
  UNION ALL SELECT o.person, o.read_seq, 0, o.joined_ms FROM members o WHERE o.room = p_room AND o.role = 3) m
  ORDER BY m.place, m.joined_ms, m.person LIMIT 1;
 UPDATE members SET role = 4 WHERE person = r.a AND room = p_room;
 RETURN r;
END $$;

-- Walks through `sends` in the order of its key, some rows a call; true: a whole round is done.
CREATE OR REPLACE FUNCTION sweep_sends_v1(p_before_ms bigint, p_limit bigint) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
 s swept;
 x swept;
 is_done bool;
BEGIN
 SELECT * INTO s FROM swept LIMIT 1;
 SELECT person, device, id INTO x FROM sends WHERE (person, device, id) > (s.person, s.device, s.id)
  ORDER BY person, device, id OFFSET p_limit LIMIT 1;
 is_done := NOT FOUND;
 IF is_done THEN
  DELETE FROM sends WHERE (person, device, id) > (s.person, s.device, s.id) AND time_ms < p_before_ms;
  x := (0, '', '');
 ELSE
  DELETE FROM sends WHERE (person, device, id) > (s.person, s.device, s.id)
   AND (person, device, id) <= (x.person, x.device, x.id) AND time_ms < p_before_ms;
 END IF;
 UPDATE swept SET person = x.person, device = x.device, id = x.id;
 RETURN is_done;
END $$;

-- STORE_FORGET_SENDS: first what is left over, then send ids, then notes that everybody has seen.
CREATE OR REPLACE FUNCTION forget_sends_v1(p_before_ms bigint, p_limit bigint, p_seen bigint) RETURNS bool
 LANGUAGE plpgsql AS $$
DECLARE
 x leftovers;
 is_done bool;
BEGIN
 SELECT * INTO x FROM leftovers LIMIT 1;
 IF FOUND THEN
  PERFORM step_leftover_v1(x.kind, x.number, x.seq, least(p_limit, 250));
  RETURN false;
 END IF;
 is_done := sweep_sends_v1(p_before_ms, p_limit);
 IF is_done THEN
  DELETE FROM outside WHERE id <= p_seen;
 END IF;
 RETURN is_done;
END $$;

CREATE OR REPLACE FUNCTION add_room_v1(n bigint[], o int, t text[], q int) RETURNS outcome LANGUAGE plpgsql AS $$
DECLARE
 v_id bigint;
BEGIN
 v_id := nextval('rooms_id');
 INSERT INTO rooms(id, name, topic, direct, private, read_only, topic_locked, retention_days, side_low, side_high,
  created_ms, maker, keep_edits) VALUES(v_id, t[q+1], coalesce(t[q+2], ''), n[o+2] <> 0, n[o+3] <> 0, n[o+4] <> 0, n[o+5] <> 0,
  n[o+6], n[o+7], n[o+8], n[o+9], coalesce(t[q+3], ''), n[o+10] <> 0) ON CONFLICT DO NOTHING;
 IF NOT FOUND THEN
  RETURN (-4, 0, 0, 0, 0, NULL)::outcome;
 END IF;
 RETURN (0, v_id, 0, 0, 0, NULL)::outcome;
END $$;

CREATE OR REPLACE FUNCTION add_person_v1(n bigint[], o int, t text[], q int) RETURNS outcome LANGUAGE plpgsql AS $$
DECLARE
 v_id bigint;
BEGIN
 v_id := nextval('people_id');
 INSERT INTO people(id, kind, name, folded, password, admin, created_ms)
  VALUES(v_id, n[o+2], t[q+1], t[q+2], t[q+3], n[o+3] <> 0, n[o+4]) ON CONFLICT DO NOTHING;
 IF NOT FOUND THEN
  RETURN (-4, 0, 0, 0, 0, NULL)::outcome;
 END IF;
 RETURN (0, v_id, 0, 0, 0, NULL)::outcome;
END $$;
