-- Appending an entry, and what entries do to others. See struct store_append in store.h.

CREATE OR REPLACE FUNCTION find_send_v1(p_person bigint, p_device text, p_id text, p_room bigint, p_kind bigint,
 p_flags bigint, p_ref bigint, p_text text, p_files text) RETURNS outcome LANGUAGE plpgsql AS $$
DECLARE
 x record;
 is_same bool;
BEGIN
 SELECT s.room, s.seq, s.time_ms, e.kind, e.flags, e.ref, e.text, e.id, e.said INTO x
  FROM sends s LEFT JOIN entries e ON e.room = s.room AND e.seq = s.seq
  WHERE s.person = p_person AND s.device = p_device AND s.id = p_id;
 IF NOT FOUND THEN
  RETURN (-3, 0, 0, 0, 0, NULL)::outcome;
 END IF;
 -- The text of an entry that was deleted, or purged by retention, cannot be compared any more.
 is_same := x.room = p_room AND (x.kind IS NULL OR (x.kind = p_kind AND x.flags & 35 = p_flags & 35
  AND x.ref = p_ref AND CASE WHEN x.flags & 4 <> 0 THEN true
  WHEN x.flags & 4096 <> 0 THEN coalesce(x.said = left(md5(p_text), 8), true) ELSE x.text = p_text COLLATE "C" END));
 IF is_same AND x.id IS NOT NULL AND x.flags & 4 = 0 AND (x.flags & 1024 <> 0 OR p_files IS NOT NULL) THEN
  is_same := coalesce((SELECT string_agg(f.id, ' ' ORDER BY f.place) FROM files f
   WHERE f.entry = x.id AND f.entry <> 0), '') = coalesce(p_files, '');
 END IF;
 RETURN (CASE WHEN is_same THEN 0 ELSE -2 END, x.seq, coalesce(x.id, 0), x.time_ms, 0, NULL)::outcome;
END $$;

-- Takes the text out of an entry that a later edit has replaced, and notes that it must go from the search index.
CREATE OR REPLACE FUNCTION replace_text_v1(p_room bigint, p_seq bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
 v_id bigint;
BEGIN
 UPDATE entries SET said = left(md5(text), 8), text = '', flags = flags | 4096
  WHERE room = p_room AND seq = p_seq RETURNING id INTO v_id;
 IF v_id IS NOT NULL THEN
  INSERT INTO forgotten(entry) VALUES(v_id) ON CONFLICT DO NOTHING;
 END IF;
END $$;

-- Takes the text out of one entry, and notes that it must go from the search index.
CREATE OR REPLACE FUNCTION empty_v1(p_room bigint, p_seq bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
 v_id bigint;
BEGIN
 UPDATE entries SET text = '', said = NULL, flags = flags | 4 WHERE room = p_room AND seq = p_seq RETURNING id INTO v_id;
 INSERT INTO forgotten(entry) VALUES(v_id) ON CONFLICT DO NOTHING;
END $$;

-- Empties edits along their chain, from p_seq on; returns where it goes on, 0: nowhere.
CREATE OR REPLACE FUNCTION empty_edits_v1(p_room bigint, p_seq bigint, p_limit bigint) RETURNS bigint
 LANGUAGE plpgsql AS $$
DECLARE
 v_next bigint;
BEGIN
 WHILE p_seq <> 0 AND p_limit > 0 LOOP
  SELECT latest INTO v_next FROM entries WHERE room = p_room AND seq = p_seq;
  IF NOT FOUND THEN
   RETURN 0;
  END IF;
  PERFORM empty_v1(p_room, p_seq);
  p_seq := v_next;
  p_limit := p_limit - 1;
 END LOOP;
 RETURN p_seq;
END $$;

CREATE OR REPLACE FUNCTION apply_delete_v1(target entries) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
 v_next bigint;
BEGIN
 PERFORM empty_v1(target.room, target.seq);
 IF target.flags & 1024 <> 0 THEN
  DELETE FROM files WHERE entry = target.id AND entry <> 0;
 END IF;
 v_next := empty_edits_v1(target.room, target.latest, 250);
 IF v_next <> 0 THEN
  INSERT INTO leftovers VALUES(1, target.room, target.seq, v_next)
   ON CONFLICT (kind, number, seq) DO UPDATE SET next = excluded.next;
 END IF;
 DELETE FROM reactions WHERE entry = target.id;
 DELETE FROM mentions WHERE room = target.room AND seq = target.seq;
END $$;

-- The conditions of store_append, points 2 to 4; 0: they hold.
CREATE OR REPLACE FUNCTION check_target_v1(target entries, p_kind bigint, p_flags bigint, p_person bigint,
 p_may_change bool, p_emoji text, p_most bigint) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
 v_count bigint := 0;
 v_emoji text;
BEGIN
 IF target.id IS NULL OR target.kind <> 1 OR (target.flags & 4 <> 0 AND p_kind <> 1) THEN
  RETURN -3;
 END IF;
 IF p_kind IN (2, 3) AND NOT p_may_change AND (target.person = 0 OR target.person <> p_person) THEN
  RETURN -5;
 END IF;
 -- No reaction to a message of somebody who has blocked them; they may take back what they gave before.
 IF p_kind = 4 AND p_flags & 2 <> 0
  AND EXISTS (SELECT 1 FROM blocks b WHERE b.person = target.person AND b.blocked = p_person) THEN
  RETURN -5;
 END IF;
 IF p_kind <> 4 OR p_flags & 2 = 0 OR p_most = 0
  OR EXISTS (SELECT 1 FROM reactions r WHERE r.entry = target.id AND r.emoji = p_emoji) THEN
  RETURN 0;
 END IF;
 -- The kinds are stepped through in the index, so that it does not matter how many people gave each.
 SELECT r.emoji INTO v_emoji FROM reactions r WHERE r.entry = target.id ORDER BY r.emoji LIMIT 1;
 WHILE v_emoji IS NOT NULL AND v_count < p_most LOOP
  v_count := v_count + 1;
  SELECT (SELECT r.emoji FROM reactions r WHERE r.entry = target.id AND r.emoji > v_emoji
   ORDER BY r.emoji LIMIT 1) INTO v_emoji;
 END LOOP;
 RETURN CASE WHEN v_count < p_most THEN 0 ELSE -6 END;
END $$;

-- Notes whom the message names and whom it answers; an edit changes whom its target names.
CREATE OR REPLACE FUNCTION note_mentions_v1(p_room bigint, p_seq bigint, p_kind bigint, p_person bigint,
 p_mentioned bigint[], target entries) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
 v_answered bigint := 0;
 v_seq bigint := p_seq;
BEGIN
 IF p_kind = 1 THEN
  v_answered := coalesce(target.person, 0);
 ELSIF p_kind = 2 AND target.id IS NOT NULL THEN
  v_seq := target.seq;
  DELETE FROM mentions WHERE room = p_room AND seq = target.seq;
  IF target.ref <> 0 THEN
   SELECT coalesce((SELECT e.person FROM entries e WHERE e.room = p_room AND e.seq = target.ref), 0)
    INTO v_answered;
  END IF;
 ELSE
  RETURN;
 END IF;
 IF v_answered <> 0 THEN
  p_mentioned := coalesce(p_mentioned, '{}') || v_answered;
 END IF;
 INSERT INTO mentions(person, room, seq) SELECT m, p_room, v_seq FROM unnest(p_mentioned) m
  WHERE m <> p_person ON CONFLICT DO NOTHING;
END $$;

-- The files that a message names: outcome.t says all of each, in their order.
CREATE OR REPLACE FUNCTION take_files_v1(p_ids text, p_person bigint) RETURNS outcome LANGUAGE plpgsql AS $$
DECLARE
 v_ids text[] := string_to_array(p_ids, ' ');
 v_taken text;
 v_count int;
BEGIN
 SELECT count(*), string_agg(concat_ws(E'\x1f', f.id, f.key, f.name, f.type, f.bytes, f.width, f.height, f.preview_bytes),
   E'\x1e' ORDER BY x.place) INTO v_count, v_taken
  FROM unnest(v_ids) WITH ORDINALITY x(id, place) JOIN files f ON f.id = x.id
  WHERE f.entry = 0 AND f.owner = p_person;
 IF v_count <> cardinality(v_ids) OR v_count > 10
  OR (SELECT count(DISTINCT u) FROM unnest(v_ids) u) <> v_count THEN
  RETURN (-8, 0, 0, 0, 0, NULL)::outcome;
 END IF;
 RETURN (0, 0, 0, 0, 0, v_taken)::outcome;
END $$;

CREATE OR REPLACE FUNCTION apply_reaction_v1(target entries, p_flags bigint, p_emoji text, p_reacting bigint,
 p_name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
 IF p_flags & 2 <> 0 THEN
  INSERT INTO reactions(entry, emoji, person, name) VALUES(target.id, p_emoji, p_reacting, p_name)
   ON CONFLICT DO NOTHING;
 ELSE
  DELETE FROM reactions WHERE entry = target.id AND emoji = p_emoji AND person = p_reacting;
 END IF;
 UPDATE entries SET flags = flags | 8 WHERE room = target.room AND seq = target.seq;
END $$;

-- One entry behind p_end. numbers: room, time, kind, flags, author, person, ref, whose send, bits (1 may change
-- others', 2 unchecked, 4 moves the marker, 8 has an id, 16 may have files), most reactions, who reacts. texts: name,
-- address, text, device, id, persons, files. Out: seq, id, time, author of the target, files.
CREATE OR REPLACE FUNCTION append_v1(n bigint[], o int, t text[], q int, p_room bigint, p_sender bigint,
 p_end bigint) RETURNS outcome LANGUAGE plpgsql AS $$
DECLARE
 r outcome := (0, p_end + 1, 0, n[o+2], 0, NULL);
 v_kind bigint := n[o+3];
 v_ref bigint := n[o+7];
 v_bits bigint := n[o+9];
 target entries;
BEGIN
 -- The id goes first, and nothing may be written before a refusal.
 IF v_bits & 8 <> 0 AND (v_ref <> 0 OR v_bits & 16 <> 0) THEN
  r := find_send_v1(p_sender, t[q+4], t[q+5], p_room, v_kind, n[o+4], v_ref, t[q+3], t[q+7]);
  IF r.result <> -3 THEN
   r.result := CASE r.result WHEN 0 THEN 1 ELSE r.result END;
   RETURN r;
  END IF;
  r := (0, p_end + 1, 0, n[o+2], 0, NULL);
 END IF;
 IF v_ref <> 0 THEN
  SELECT * INTO target FROM entries e WHERE e.room = p_room AND e.seq = v_ref;
  r.d := coalesce(target.person, 0);
  IF v_bits & 2 = 0 THEN
   r.result := check_target_v1(target, v_kind, n[o+4], n[o+6], v_bits & 1 <> 0, t[q+3], n[o+10]);
   IF r.result <> 0 THEN
    RETURN r;
   END IF;
  END IF;
 END IF;
 IF v_bits & 16 <> 0 AND t[q+7] <> '' THEN
  SELECT f.result, f.t INTO r.result, r.t FROM take_files_v1(t[q+7], n[o+6]) f;
  IF r.result <> 0 THEN
   RETURN r;
  END IF;
 END IF;
 -- Almost all sends are new, so the insertion is tried first, and the look-up is for repeats alone.
 IF v_bits & 8 <> 0 THEN
  INSERT INTO sends(person, device, id, room, seq, time_ms)
   VALUES(p_sender, t[q+4], t[q+5], p_room, r.a, r.c) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
   r := find_send_v1(p_sender, t[q+4], t[q+5], p_room, v_kind, n[o+4], v_ref, t[q+3], t[q+7]);
   r.result := CASE r.result WHEN 0 THEN 1 ELSE r.result END;
   RETURN r;
  END IF;
 END IF;
 INSERT INTO entries(room, seq, id, time_ms, kind, flags, author, person, ref, latest, name, ip, text, sid)
  VALUES(p_room, r.a, nextval('entries_id'), r.c, v_kind, n[o+4], n[o+5], n[o+6], v_ref,
   CASE WHEN v_kind = 2 THEN coalesce(target.latest, 0) ELSE 0 END, t[q+1], t[q+2], t[q+3],
   CASE WHEN v_bits & 8 <> 0 THEN t[q+5] END) RETURNING id INTO r.b;
 IF r.t IS NOT NULL THEN
  UPDATE files f SET entry = r.b, place = x.place - 1
   FROM unnest(string_to_array(t[q+7], ' ')) WITH ORDINALITY x(id, place) WHERE f.id = x.id;
 END IF;
 IF target.id IS NOT NULL THEN
  IF v_kind = 2 THEN
   UPDATE entries SET latest = r.a, flags = flags | 16 WHERE room = p_room AND seq = v_ref;
   IF n[o+4] & 2048 = 0 THEN
    PERFORM replace_text_v1(p_room, CASE WHEN target.latest <> 0 THEN target.latest ELSE v_ref END);
   END IF;
  ELSIF v_kind = 3 THEN
   PERFORM apply_delete_v1(target);
  ELSIF v_kind = 4 THEN
   PERFORM apply_reaction_v1(target, n[o+4], t[q+3], n[o+11], t[q+1]);
  END IF;
 END IF;
 IF t[q+6] IS NOT NULL OR v_ref <> 0 THEN
  PERFORM note_mentions_v1(p_room, r.a, v_kind, n[o+6], t[q+6]::bigint[], target);
 END IF;
 RETURN r;
END $$;

-- The end of a room's log, behind the lock on its row. NULL: the room is gone, or never was there.
CREATE OR REPLACE FUNCTION end_v1(p_room bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
 RETURN (SELECT greatest(r.purged_seq,
  (SELECT e.seq FROM entries e WHERE e.room = p_room ORDER BY e.seq DESC LIMIT 1))
  FROM rooms r WHERE r.id = p_room AND NOT r.removed);
END $$;

-- The last of the commands from p_from on that are each a group of its own and append what refers to nothing, names nobody
-- and has no files; p_from - 1: none is.
CREATE OR REPLACE FUNCTION plain_until_v1(p_from int, ops int[], n bigint[], t text[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
 k int := p_from;
 total int := cardinality(ops);
BEGIN
 WHILE k <= total AND ops[k] = 284 AND n[14*k-7] = 0 AND n[14*k-5] & 16 = 0
  AND (n[14*k-1] > 0 OR n[14*k-5] & 8 = 0) AND n[14*k] > 0 AND t[7*k-1] IS NULL LOOP
  k := k + 1;
 END LOOP;
 -- The last one's group may go on.
 IF k <= total AND ops[k] & 256 = 0 THEN
  k := k - 1;
 END IF;
 RETURN k - 1;
END $$;

-- Appends these, which are plain (see above), with one statement for all ids of sends and one for all entries. SQLSTATE BR002:
-- a room is gone, or an id has come before, so that they are to be done one by one.
CREATE OR REPLACE FUNCTION append_plain_v1(p_from int, p_to int, n bigint[], t text[], OUT seqs bigint[], OUT ids bigint[],
 OUT rooms bigint[], OUT ends bigint[]) LANGUAGE plpgsql AS $$
DECLARE
 v_room bigint := 0;
 v_at int;
 v_seq bigint;
 v_count int := 0;
 v_sends int := 0;
 v_inserted int;
BEGIN
 seqs := '{}';
 rooms := '{}';
 ends := '{}';
 FOR k IN p_from..p_to LOOP
  IF n[14*k] <> v_room THEN
   v_room := n[14*k];
   v_at := array_position(rooms, v_room);
   IF v_at IS NULL THEN
    v_count := v_count + 1;
    v_at := v_count;
    rooms[v_at] := v_room;
    ends[v_at] := end_v1(v_room);
   END IF;
  END IF;
  v_seq := ends[v_at] + 1;
  ends[v_at] := v_seq;
  seqs[k-p_from+1] := v_seq;
  v_sends := v_sends + (n[14*k-5] >> 3 & 1)::int;
 END LOOP;
 IF array_position(ends, NULL) IS NOT NULL THEN
  RAISE EXCEPTION 'no room' USING ERRCODE = 'BR002';
 END IF;
 INSERT INTO sends(person, device, id, room, seq, time_ms)
  SELECT n[14*k-1], t[7*k-3], t[7*k-2], n[14*k], seqs[k-p_from+1], n[14*k-12] FROM generate_series(p_from, p_to) k
  WHERE n[14*k-5] & 8 <> 0 ON CONFLICT DO NOTHING;
 GET DIAGNOSTICS v_inserted = ROW_COUNT;
 IF v_inserted <> v_sends THEN
  RAISE EXCEPTION 'a repeat' USING ERRCODE = 'BR002';
 END IF;
 ids := ARRAY(SELECT nextval('entries_id') FROM generate_series(p_from, p_to));
 INSERT INTO entries(room, seq, id, time_ms, kind, flags, author, person, ref, latest, name, ip, text, sid)
  SELECT n[14*k], seqs[k-p_from+1], ids[k-p_from+1], n[14*k-12], n[14*k-11], n[14*k-10], n[14*k-9], n[14*k-8], 0, 0,
   t[7*k-6], t[7*k-5], t[7*k-4], CASE WHEN n[14*k-5] & 8 <> 0 THEN t[7*k-2] END FROM generate_series(p_from, p_to) k;
END $$;

CREATE OR REPLACE FUNCTION remove_up_to_v1(p_room bigint, p_seq bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
 INSERT INTO forgotten(entry) SELECT id FROM entries WHERE room = p_room AND seq <= p_seq ON CONFLICT DO NOTHING;
 DELETE FROM reactions WHERE entry IN (SELECT id FROM entries WHERE room = p_room AND seq <= p_seq);
 DELETE FROM mentions WHERE room = p_room AND seq <= p_seq;
 DELETE FROM files WHERE entry <> 0 AND entry IN
  (SELECT id FROM entries WHERE room = p_room AND seq <= p_seq AND flags & 1024 <> 0);
 DELETE FROM entries WHERE room = p_room AND seq <= p_seq;
END $$;

-- The oldest ones that are old enough, without a hole: the first young one ends the run. The last that is gone, or 0.
CREATE OR REPLACE FUNCTION purge_v1(p_room bigint, p_before_ms bigint, p_limit bigint) RETURNS bigint
 LANGUAGE plpgsql AS $$
DECLARE
 x record;
 v_last bigint := 0;
BEGIN
 FOR x IN SELECT seq, time_ms FROM entries WHERE room = p_room ORDER BY seq LIMIT p_limit LOOP
  EXIT WHEN x.time_ms >= p_before_ms;
  v_last := x.seq;
 END LOOP;
 IF v_last <> 0 THEN
  PERFORM remove_up_to_v1(p_room, v_last);
  UPDATE rooms SET purged_seq = v_last WHERE id = p_room;
 END IF;
 RETURN v_last;
END $$;
