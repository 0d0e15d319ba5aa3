-- A batch of commands in one statement, so that locks live only while the server executes and commits. Each command has
-- a code (postgres_row.c), 14 numbers, 7 texts and 2 strings of bytes; its last two numbers are the person and the room that
-- it is about, where 0 and -n name what its group has added.

-- Nodes' clocks may differ: a file of the last day, which comes now, has the time of this one; what is imported keeps its own.
CREATE OR REPLACE FUNCTION file_made_v1(p_ms bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
 SELECT CASE WHEN p_ms > x.ms - 86400000 THEN x.ms ELSE p_ms END
  FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) x
$$;

-- Whoever asks, what was not sent stays for an hour (LIMIT_FILE_UNSENT_MS) by this clock.
CREATE OR REPLACE FUNCTION unsent_before_v1(p_ms bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
 SELECT least(p_ms, (extract(epoch FROM clock_timestamp()) * 1000)::bigint - 3600000)
$$;

-- One command but an append. Out: what store.h calls "filled in".
CREATE OR REPLACE FUNCTION run_v1(p_op int, n bigint[], o int, t text[], q int, b bytea[], v int, p_person bigint,
 p_room bigint) RETURNS outcome LANGUAGE plpgsql AS $$
DECLARE
 r outcome := (0, 0, 0, 0, 0, NULL);
 is_change bool := true;
BEGIN
 IF p_op IN (6, 16, 21, 30) THEN
  -- These leave FOUND as their last statement does.
  is_change := false;
  IF p_op = 6 THEN
   r := remove_person_v1(p_person);
  ELSIF p_op = 16 THEN
   r.result := close_room_v1(p_room);
  ELSIF p_op = 21 THEN
   r := pass_ownership_v1(p_room);
  ELSE
   r.a := forget_sends_v1(n[o+1], n[o+2], n[o+3])::int;
  END IF;
  RETURN r;
 END IF;
 CASE p_op
 WHEN 1 THEN
  RETURN add_person_v1(n, o, t, q);
 WHEN 2 THEN
  IF EXISTS (SELECT 1 FROM people WHERE folded = t[q+2] AND id <> p_person) THEN
   r.result := -4;
   RETURN r;
  END IF;
  UPDATE people SET name = t[q+1], folded = t[q+2] WHERE id = p_person AND kind <> 2;
 WHEN 3 THEN
  UPDATE rooms SET maker = '' WHERE maker <> '' AND id IN (SELECT room FROM members WHERE person = p_person);
  UPDATE people SET kind = 1, password = t[q+3], admin = n[o+3] <> 0, created_ms = n[o+4]
   WHERE id = p_person AND kind <> 2;
 WHEN 4 THEN
  UPDATE people SET password = t[q+3] WHERE id = p_person AND kind = 1;
 WHEN 5 THEN
  UPDATE people SET admin = n[o+3] <> 0 WHERE id = p_person AND kind = 1;
 WHEN 57 THEN
  UPDATE people SET disabled = n[o+5] <> 0 WHERE id = p_person AND kind = 1;
 WHEN 7 THEN
  IF b[v+2] IS NOT NULL THEN
   PERFORM 1 FROM tokens WHERE hash = b[v+2] AND person = p_person FOR KEY SHARE;
   IF NOT FOUND THEN
    r.result := -3;
    RETURN r;
   END IF;
  END IF;
  DELETE FROM sessions WHERE person = p_person AND device = t[q+1] AND hash <> b[v+1];
  INSERT INTO sessions(hash, person, device, client, address, token, since_ms, seen_ms)
   VALUES(b[v+1], p_person, t[q+1], t[q+2], t[q+3], b[v+2], n[o+1], n[o+2])
   ON CONFLICT (hash) DO UPDATE SET person = excluded.person, device = excluded.device, client = excluded.client,
    address = excluded.address, token = excluded.token, since_ms = excluded.since_ms, seen_ms = excluded.seen_ms;
 WHEN 8 THEN
  UPDATE sessions SET seen_ms = n[o+2] WHERE hash = b[v+1];
 WHEN 9 THEN
  DELETE FROM sessions WHERE hash = b[v+1] AND person = p_person;
 WHEN 10 THEN
  -- Who comes in by a session or a token in another transaction is seen here, or sees that it is gone.
  PERFORM 1 FROM sessions WHERE person = p_person FOR UPDATE;
  PERFORM 1 FROM tokens WHERE person = p_person FOR UPDATE;
  DELETE FROM sessions WHERE person = p_person AND hash <> b[v+1];
  is_change := false;
 WHEN 11 THEN
  r.result := put_token_v1(p_person, t[q+1], b[v+1], n[o+1], n[o+2]);
  is_change := false;
 WHEN 12 THEN
  DELETE FROM tokens WHERE person = p_person AND label = t[q+1] RETURNING encode(hash, 'hex') INTO r.t;
  IF FOUND THEN
   DELETE FROM sessions WHERE person = p_person AND token = decode(r.t, 'hex');
  ELSE
   r.result := -3;
  END IF;
  is_change := false;
 WHEN 13 THEN
  DELETE FROM tokens WHERE person = p_person;
  is_change := false;
 WHEN 14 THEN
  RETURN add_room_v1(n, o, t, q);
 WHEN 15 THEN
  UPDATE rooms SET private = CASE WHEN n[o+1] & 1 <> 0 THEN n[o+3] <> 0 ELSE private END,
   topic = CASE WHEN n[o+1] & 2 <> 0 THEN t[q+2] ELSE topic END,
   retention_days = CASE WHEN n[o+1] & 4 <> 0 THEN n[o+6] ELSE retention_days END,
   read_only = CASE WHEN n[o+1] & 8 <> 0 THEN n[o+4] <> 0 ELSE read_only END,
   topic_locked = CASE WHEN n[o+1] & 16 <> 0 THEN n[o+5] <> 0 ELSE topic_locked END,
   keep_edits = CASE WHEN n[o+1] & 32 <> 0 THEN n[o+10] <> 0 ELSE keep_edits END
   WHERE id = p_room AND NOT removed;
  IF FOUND AND n[o+1] & 32 <> 0 AND n[o+10] = 0 THEN
   PERFORM drop_kept_v1(p_room);
  END IF;
 WHEN 17 THEN
  UPDATE rooms SET purged_seq = n[o+1] WHERE id = p_room;
  is_change := false;
 WHEN 18 THEN
  INSERT INTO members(person, room, role, read_seq, joined_ms) VALUES(p_person, p_room, n[o+1], n[o+2], n[o+3])
   ON CONFLICT (person, room) DO UPDATE SET role = excluded.role,
    read_seq = greatest(members.read_seq, excluded.read_seq);
  UPDATE rooms SET maker = '' WHERE id = p_room AND maker <> ''
   AND EXISTS (SELECT 1 FROM people WHERE id = p_person AND kind = 1);
  is_change := false;
 WHEN 19 THEN
  DELETE FROM members WHERE person = p_person AND room = p_room;
  is_change := false;
 WHEN 20 THEN
  UPDATE members SET read_seq = CASE WHEN n[o+1] <> 0 THEN n[o+2] ELSE greatest(read_seq, n[o+2]) END
   WHERE person = p_person AND room = p_room;
 WHEN 22 THEN
  INSERT INTO invitations(room, person, by, role, time_ms, until_ms, by_person)
   VALUES(p_room, p_person, t[q+1], n[o+1], n[o+2], n[o+3], n[o+4]) ON CONFLICT (room, person) DO UPDATE
   SET by = excluded.by, role = excluded.role, time_ms = excluded.time_ms, until_ms = excluded.until_ms,
   by_person = excluded.by_person;
 WHEN 23 THEN
  DELETE FROM invitations WHERE room = p_room AND person = p_person;
  is_change := false;
 WHEN 24 THEN
  INSERT INTO sanctions(room, kind, target, folded, name, by, reason, by_role, created_ms, until_ms)
   VALUES(p_room, n[o+1], t[q+1], coalesce(t[q+2], ''), t[q+3], t[q+4], t[q+5], n[o+2], n[o+3], n[o+4])
   ON CONFLICT (room, kind, target) DO UPDATE SET folded = excluded.folded, name = excluded.name, by = excluded.by,
    reason = excluded.reason, by_role = excluded.by_role, created_ms = excluded.created_ms,
    until_ms = excluded.until_ms;
 WHEN 25 THEN
  DELETE FROM sanctions WHERE room = p_room AND kind = n[o+1] AND target = t[q+1];
 WHEN 26 THEN
  IF n[o+2] <> 0 THEN
   INSERT INTO blocks(person, blocked) VALUES(p_person, n[o+1]) ON CONFLICT DO NOTHING;
  ELSE
   DELETE FROM blocks WHERE person = p_person AND blocked = n[o+1];
  END IF;
  is_change := false;
 WHEN 27 THEN
  INSERT INTO moderation(id, time_ms, room, op, by, target, reason, until_ms)
   VALUES(nextval('moderation_id'), n[o+1], p_room, t[q+1], t[q+2], t[q+3], t[q+4], n[o+2]) RETURNING id INTO r.a;
 WHEN 29 THEN
  r.a := purge_v1(p_room, n[o+1], n[o+2]);
  is_change := false;
 WHEN 31 THEN
  r.result := put_factor_v1(p_person, t[q+1], n[o+1], b[v+1]);
  is_change := false;
 WHEN 32 THEN
  DELETE FROM recovery_codes WHERE person = p_person;
  DELETE FROM factors WHERE person = p_person;
 WHEN 33 THEN
  UPDATE factors SET step = n[o+1] WHERE person = p_person AND step < n[o+1];
 WHEN 34 THEN
  DELETE FROM recovery_codes WHERE person = p_person AND hash = b[v+1];
 WHEN 35 THEN
  INSERT INTO files(id, key, owner, name, type, bytes, hash, width, height, made_ms,
    preview_bytes)
   SELECT t[q+1], t[q+2], p_person, t[q+3], t[q+4], n[o+1], b[v+1], n[o+2], n[o+3], file_made_v1(n[o+4]), n[o+5]
   WHERE p_person = 0 OR EXISTS (SELECT 1 FROM people p WHERE p.id = p_person AND p.kind <> 2);
 WHEN 36 THEN
  DELETE FROM dropped_files WHERE id = ANY(string_to_array(t[q+1], ' '));
  INSERT INTO forgotten(entry) SELECT DISTINCT e.id FROM files f JOIN entries m ON m.id = f.entry
   JOIN entries e ON e.room = m.room AND e.seq IN (m.seq, m.latest)
   WHERE f.id = ANY(string_to_array(t[q+2], ' ')) AND f.entry > 0 ON CONFLICT DO NOTHING;
  UPDATE profiles SET picture = '' WHERE picture = ANY(string_to_array(t[q+2], ' '));
  DELETE FROM files WHERE id = ANY(string_to_array(t[q+2], ' '));
  DELETE FROM files WHERE id IN (SELECT id FROM files WHERE entry = 0 AND made_ms < unsent_before_v1(n[o+1])
   LIMIT 100);
  is_change := false;
 WHEN 37 THEN
  r.result := put_passkey_v1(p_person, b[v+1], t[q+1], t[q+2], t[q+3], n[o+1], n[o+2], n[o+3], n[o+4]);
  is_change := false;
 WHEN 38 THEN
  UPDATE passkeys SET counter = n[o+1], challenge_ms = n[o+2], used_ms = n[o+3] WHERE hash = b[v+1]
   AND challenge_ms < n[o+2] AND (counter < n[o+1] OR (counter = 0 AND n[o+1] = 0));
 WHEN 39 THEN
  DELETE FROM passkeys WHERE person = p_person AND (t[q+1] IS NULL OR label = t[q+1]);
  is_change := t[q+1] IS NOT NULL;
 WHEN 41 THEN
  RETURN put_profile_v1(p_person, t[q+1], t[q+2], t[q+3], n[o+1] <> 0, n[o+2]);
 WHEN 40 THEN
  r.result := put_setting_v1(p_person, t[q+1], t[q+2], n[o+1], n[o+2]);
  is_change := false;
 WHEN 50 THEN
  r.result := put_link_v1(b[v+1], t[q+1], n[o+1], p_room, n[o+2], n[o+3], n[o+4], n[o+5]);
  is_change := false;
 WHEN 51 THEN
  r.result := use_link_v1(b[v+1], p_person, n[o+3]);
  is_change := false;
 WHEN 52 THEN
  DELETE FROM links WHERE key = t[q+1] AND (n[o+1] = 0 OR maker = n[o+1])
   AND (p_room = 0 OR room = p_room);
 WHEN 53 THEN
  r.result := put_pin_v1(p_room, n[o+1], t[q+1], n[o+2], n[o+3]);
  is_change := false;
 WHEN 54 THEN
  DELETE FROM pins WHERE room = p_room AND seq = n[o+1];
 WHEN 55 THEN
  r.result := put_push_v1(p_person, b[v+1], t[q+1], t[q+2], t[q+3], t[q+4], t[q+5], n[o+1], n[o+2], n[o+3]);
  is_change := false;
 WHEN 56 THEN
  DELETE FROM pushes WHERE hash = b[v+1] AND person = p_person;
 WHEN 58 THEN
  PERFORM 1 FROM sessions WHERE hash = b[v+1] AND person = p_person FOR KEY SHARE;
 WHEN 59 THEN
  PERFORM 1 FROM people WHERE id = p_person AND kind = 1 AND password = t[q+3] FOR SHARE;
 END CASE;
 IF is_change AND NOT FOUND THEN
  r.result := -3;
 END IF;
 RETURN r;
END $$;

-- Tells the server on this database what another process has changed.
CREATE OR REPLACE FUNCTION note_outside_v1(p_op int, p_person bigint, p_room bigint, r outcome) RETURNS void
 LANGUAGE plpgsql AS $$
DECLARE
 v_what text := CASE WHEN p_op IN (1, 2, 3, 5, 6, 31, 32, 57) THEN 'person' WHEN p_op IN (9, 10) THEN 'sessions'
  WHEN p_op = 13 THEN 'tokens'
  WHEN p_op IN (14, 15, 16) THEN 'room' WHEN p_op IN (18, 19, 21) THEN 'member' END;
BEGIN
 IF p_op IN (1, 21) THEN
  p_person := r.a;
 ELSIF p_op = 14 THEN
  p_room := r.a;
 END IF;
 IF v_what IS NULL OR (v_what <> 'room' AND p_person = 0) THEN
  RETURN;
 END IF;
 INSERT INTO outside(id, op, person, room) VALUES(nextval('outside_id'), v_what,
  CASE WHEN v_what = 'room' THEN 0 ELSE p_person END,
  CASE WHEN v_what IN ('room', 'member') THEN p_room ELSE 0 END);
END $$;

CREATE OR REPLACE FUNCTION resolve_room_v1(p_room bigint, p_added bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
 IF p_room > 0 THEN
  RETURN p_room;
 END IF;
 RETURN coalesce(p_added[CASE WHEN p_room = 0 THEN cardinality(p_added) ELSE -p_room END], 0);
END $$;

-- One command of the batch; `s` is what it leaves to the next ones, and what it answers.
CREATE OR REPLACE FUNCTION step_v1(k int, ops int[], n bigint[], t text[], b bytea[], p_is_outside bool, s batch_state)
 RETURNS batch_state LANGUAGE plpgsql AS $$
DECLARE
 r outcome;
 v_op int := ops[k] & 255;
 v_person bigint := n[14*k-1];
 v_room bigint := n[14*k];
BEGIN
 IF v_person = 0 THEN
  v_person := s.person;
 END IF;
 IF v_room <= 0 THEN
  v_room := resolve_room_v1(v_room, s.rooms);
 END IF;
 s.read_person := 0;
 IF v_op = 28 THEN
  IF v_room <> s.end_room THEN
   s.end_room := v_room;
   s.end_seq := end_v1(v_room);
  END IF;
  IF s.end_seq IS NULL THEN
   r := (-3, 0, 0, n[14*k-12], 0, NULL);
  ELSE
   r := append_v1(n, 14*(k-1), t, 7*(k-1), v_room, v_person, s.end_seq);
  END IF;
  IF r.result = 0 THEN
   s.end_seq := r.a;
   s.read_person := CASE WHEN n[14*k-5] & 4 <> 0 THEN n[14*k-8] ELSE 0 END;
  END IF;
 ELSE
  r := run_v1(v_op, n, 14*(k-1), t, 7*(k-1), b, 2*(k-1), v_person, v_room);
  s.end_room := 0;
  IF r.result = 0 THEN
   IF v_op = 1 THEN
    s.person := r.a;
   ELSIF v_op = 14 THEN
    s.rooms := s.rooms || r.a;
   END IF;
   IF p_is_outside THEN
    PERFORM note_outside_v1(v_op, v_person, v_room, r);
   END IF;
  END IF;
 END IF;
 s.result := r.result;
 s.a := r.a;
 s.b := r.b;
 s.c := r.c;
 s.d := r.d;
 s.t := r.t;
 RETURN s;
END $$;

-- ops: the code, +256 where a group begins, +512 where a command behind the group's first may be refused. Returns the
-- results, 4 numbers and a text of each command. p_rules: of a node, the versions of the rules of p_rooms by which it
-- has decided (-1: any); where another one holds, what is about that room is refused with -9, to be decided anew. NULL:
-- there is one server. Returns the versions that hold now. SQLSTATE BR001: another start of this node may write now; BR003: a later
-- batch was stored already, so this one comes late, from a connection that was given up.
CREATE OR REPLACE FUNCTION batch_v1(p_node int, p_incarnation bigint, p_n bigint, p_is_outside bool,
 p_rooms bigint[], ops int[], n bigint[], t text[], b bytea[], p_rules bigint[],
 OUT results int[], OUT numbers bigint[], OUT texts text[], OUT leftovers bool, OUT rules bigint[])
 LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET enable_mergejoin = off
 SET enable_hashjoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
 total int := cardinality(ops);
 i int := 1;
 k int;
 last int;
 refused int;
 s batch_state;
 read_persons bigint[] := '{}';
 read_rooms bigint[] := '{}';
 read_seqs bigint[] := '{}';
 reads int := 0;
 reads_before int;
 stale bigint[];
 news batch_news;
 news_before batch_news;
 plain int; -- the last of a run that is appended at once
 plain_done int := 0; -- up to here no run is looked for
 run record;
BEGIN
 IF p_node <> 0 THEN
  PERFORM 1 FROM nodes WHERE id = p_node AND incarnation = p_incarnation FOR SHARE;
  IF NOT FOUND THEN
   RAISE EXCEPTION 'another start of this node may write now' USING ERRCODE = 'BR001';
  END IF;
 END IF;
 UPDATE batches x SET repeats = x.repeats + 1 WHERE x.node = p_node AND x.incarnation = p_incarnation AND x.n = p_n
  RETURNING x.results, x.numbers, x.texts, x.leftovers INTO results, numbers, texts, leftovers;
 IF FOUND THEN
  RETURN;
 END IF;
 IF EXISTS (SELECT 1 FROM batches x WHERE x.node = p_node AND x.incarnation = p_incarnation AND x.n > p_n) THEN
  RAISE EXCEPTION 'a batch of long ago' USING ERRCODE = 'BR003';
 END IF;
 -- Notes are drawn in the order of their commits, so that who has seen one has seen all before it.
 IF p_is_outside THEN
  PERFORM pg_advisory_xact_lock(7234018);
 END IF;
 PERFORM 1 FROM rooms WHERE id = ANY(p_rooms) ORDER BY id FOR NO KEY UPDATE;
 IF p_rules IS NOT NULL THEN
  stale := stale_rooms_v1(p_rooms, p_rules);
  news := ('{}', '{}', '{}');
 END IF;
 s.end_room := 0;
 results := array_fill(-7, ARRAY[total]);
 numbers := array_fill(0::bigint, ARRAY[4 * total]);
 texts := array_fill(NULL::text, ARRAY[total]);
 WHILE i <= total LOOP
  IF i > plain_done AND stale IS NULL THEN
   plain := plain_until_v1(i, ops, n, t);
   plain_done := plain;
   IF plain - i >= 7 THEN -- each takes a subtransaction
    BEGIN
     run := append_plain_v1(i, plain, n, t);
     FOR k IN i..plain LOOP
      results[k] := 0;
      numbers[4*k-3] := run.seqs[k-i+1];
      numbers[4*k-2] := run.ids[k-i+1];
      numbers[4*k-1] := n[14*k-12];
      IF n[14*k-5] & 4 <> 0 THEN
       reads := reads + 1;
       read_persons[reads] := n[14*k-8];
       read_rooms[reads] := n[14*k];
       read_seqs[reads] := run.seqs[k-i+1];
      END IF;
     END LOOP;
     IF p_rules IS NOT NULL THEN
      news.rooms := news.rooms || run.rooms;
      news.ends := news.ends || run.ends;
     END IF;
     s.end_room := 0;
     i := plain + 1;
     CONTINUE;
    EXCEPTION WHEN SQLSTATE 'BR002' THEN
     -- One by one, then: nothing of it is stored, and nothing was answered.
     NULL;
    END;
   END IF;
  END IF;
  last := i;
  WHILE last < total AND ops[last+1] & 256 = 0 LOOP
   last := last + 1;
  END LOOP;
  refused := 0;
  s.person := 0;
  s.rooms := '{}';
  reads_before := reads;
  IF stale IS NOT NULL AND is_stale_v1(stale, ops, n, i, last) THEN
   results[i] := -9;
   i := last + 1;
   CONTINUE;
  END IF;
  news_before := news;
  IF ops[i] & 512 = 0 THEN
   FOR k IN i..last LOOP
    s := step_v1(k, ops, n, t, b, p_is_outside, s);
    results[k] := s.result;
    numbers[4*k-3] := s.a;
    numbers[4*k-2] := s.b;
    numbers[4*k-1] := s.c;
    numbers[4*k] := s.d;
    texts[k] := s.t;
    IF s.read_person <> 0 THEN
     reads := reads + 1;
     read_persons[reads] := s.read_person;
     read_rooms[reads] := s.end_room;
     read_seqs[reads] := s.end_seq;
    END IF;
    IF s.result <> 0 THEN
     refused := k;
     EXIT;
    END IF;
    IF p_rules IS NOT NULL THEN
     news := add_news_v1(news, p_node, k, ops, n, t, b, s);
    END IF;
   END LOOP;
  ELSE
   BEGIN
    FOR k IN i..last LOOP
     s := step_v1(k, ops, n, t, b, p_is_outside, s);
     results[k] := s.result;
     numbers[4*k-3] := s.a;
     numbers[4*k-2] := s.b;
     numbers[4*k-1] := s.c;
     numbers[4*k] := s.d;
     texts[k] := s.t;
     IF s.read_person <> 0 THEN
      reads := reads + 1;
      read_persons[reads] := s.read_person;
      read_rooms[reads] := s.end_room;
      read_seqs[reads] := s.end_seq;
     END IF;
     IF s.result <> 0 THEN
      refused := k;
      EXIT;
     END IF;
     IF p_rules IS NOT NULL THEN
      news := add_news_v1(news, p_node, k, ops, n, t, b, s);
     END IF;
    END LOOP;
    IF refused <> 0 THEN
     RAISE EXCEPTION 'refused' USING ERRCODE = 'BR002';
    END IF;
   EXCEPTION WHEN SQLSTATE 'BR002' THEN
    -- The subtransaction's rows are gone; the variables keep their values.
    reads := reads_before;
    news := news_before;
    s.end_room := 0;
   END;
  END IF;
  IF refused <> 0 THEN
   FOR k IN i..last LOOP
    IF k <> refused THEN
     results[k] := -7;
    END IF;
   END LOOP;
  END IF;
  i := last + 1;
 END LOOP;
 IF reads > 0 THEN
  UPDATE members m SET read_seq = x.seq FROM (SELECT u.person, u.room, max(u.seq) AS seq
    FROM unnest(read_persons[1:reads], read_rooms[1:reads], read_seqs[1:reads]) AS u(person, room, seq)
    GROUP BY u.person, u.room) x
   WHERE m.person = x.person AND m.room = x.room AND m.read_seq < x.seq;
 END IF;
 leftovers := EXISTS (SELECT 1 FROM leftovers);
 INSERT INTO batches(node, incarnation, n, results, numbers, texts, leftovers, rooms, ends, notes)
  VALUES(p_node, p_incarnation, p_n, results, numbers, texts, leftovers, news.rooms, news.ends, news.notes);
 IF p_rules IS NOT NULL THEN
  SELECT array_agg(r.rules ORDER BY u.i) INTO rules FROM unnest(p_rooms) WITH ORDINALITY u(id, i)
   LEFT JOIN rooms r ON r.id = u.id;
  -- Others may not have read them yet. Who has not for so long is not there any more: its lease is over.
  IF p_n % 256 = 1 THEN
   DELETE FROM batches x WHERE x.at < now() - interval '10 minutes' AND (x.node, x.incarnation, x.n) IN
    (SELECT y.node, y.incarnation, y.n FROM batches y WHERE y.node = p_node ORDER BY y.incarnation, y.n LIMIT 512);
  END IF;
  RETURN;
 END IF;
 -- Batches of earlier starts no longer come: nodes refuses them. The administration, node 0, gives up within
 -- an hour.
 IF p_node <> 0 AND p_n % 256 = 1 THEN
  DELETE FROM batches x WHERE x.node = p_node AND (x.incarnation < p_incarnation OR x.n < p_n - 256);
  DELETE FROM batches x WHERE x.node = 0 AND x.at < now() - interval '1 hour';
 END IF;
END $$;
