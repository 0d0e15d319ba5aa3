-- Several servers on this database: who they are, and what they tell each other.

-- Begins another start of the node of this name, and returns its number and the start's. NULL: the one server that has the
-- database alone, so that all nodes end; a node ends that one.
CREATE OR REPLACE FUNCTION begin_node_v1(p_name text, OUT node int, OUT incarnation bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
 PERFORM pg_advisory_xact_lock(7234019);
 IF p_name IS NOT NULL AND NOT EXISTS (SELECT 1 FROM nodes WHERE name = p_name) THEN
  INSERT INTO nodes(id, incarnation, name) SELECT max(d.id) + 1, 0, p_name FROM nodes d;
 END IF;
 SELECT d.id INTO node FROM nodes d WHERE d.name IS NOT DISTINCT FROM p_name;
 UPDATE nodes d SET incarnation = d.incarnation + 1, since = now()
  WHERE p_name IS NULL OR d.name IS NULL OR d.name = p_name;
 SELECT d.incarnation INTO incarnation FROM nodes d WHERE d.id = node;
 DELETE FROM leases l WHERE l.node = begin_node_v1.node OR p_name IS NULL;
END $$;

-- Renews the lease of a node, which lasts so much longer than others'; false: another start of it may write now.
CREATE OR REPLACE FUNCTION renew_lease_v1(p_node int, p_incarnation bigint, p_more_seconds bigint) RETURNS bool
 LANGUAGE plpgsql AS $$
DECLARE
 v_at timestamptz := clock_timestamp() + p_more_seconds * interval '1 second';
BEGIN
 IF NOT EXISTS (SELECT 1 FROM nodes WHERE id = p_node AND incarnation = p_incarnation) THEN
  RETURN false;
 END IF;
 INSERT INTO leases(node, incarnation, at, backend) VALUES(p_node, p_incarnation, v_at, pg_backend_pid())
  ON CONFLICT (node) DO UPDATE SET incarnation = excluded.incarnation, at = excluded.at, backend = excluded.backend;
 RETURN true;
END $$;

-- Fences the nodes whose lease is over: none of their batches is stored any more. Their guests and sessions are this
-- node's from now on. One that runs a batch just now is left for the next time. Returns their numbers.
CREATE OR REPLACE FUNCTION fence_nodes_v1(p_node int, p_seconds bigint) RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE
 v_nodes int[];
BEGIN
 IF NOT EXISTS (SELECT 1 FROM leases WHERE at < clock_timestamp() - p_seconds * interval '1 second' AND node <> p_node) THEN
  RETURN '{}';
 END IF;
 SELECT coalesce(array_agg(x.id), '{}') INTO v_nodes FROM (SELECT d.id FROM nodes d JOIN leases l ON l.node = d.id
  WHERE d.id <> p_node AND l.at < clock_timestamp() - p_seconds * interval '1 second' FOR UPDATE OF d SKIP LOCKED) x;
 UPDATE nodes SET incarnation = incarnation + 1 WHERE id = ANY(v_nodes);
 -- One that only sleeps would keep the queue of notifications from being emptied.
 PERFORM pg_terminate_backend(a.pid) FROM leases l JOIN pg_stat_activity a ON a.pid = l.backend
  WHERE l.node = ANY(v_nodes) AND a.usename = current_user AND a.datname = current_database();
 DELETE FROM leases WHERE node = ANY(v_nodes);
 UPDATE people SET node = p_node WHERE node = ANY(v_nodes);
 UPDATE sessions SET node = p_node WHERE node = ANY(v_nodes);
 RETURN v_nodes;
END $$;

-- What the other nodes are to know of a command that was carried out: what, the person, the room, a number and the rest;
-- NULL: nothing. They read what is stored of it anew.
CREATE OR REPLACE FUNCTION note_v1(p_op int, n bigint[], o int, t text[], q int, b bytea[], v int, p_person bigint,
 p_room bigint, p_added bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
 CASE
 WHEN p_op = 1 THEN
  RETURN concat('person ', p_added, ' 0 0 ');
 WHEN p_op IN (2, 3, 5, 6, 31, 32, 57) THEN
  RETURN concat('person ', p_person, ' 0 0 ');
 WHEN p_op IN (7, 9) OR (p_op = 8 AND n[o+2] = 0) THEN
  RETURN concat('session ', p_person, ' 0 0 ', encode(b[v+1], 'hex'));
 WHEN p_op = 10 THEN
  RETURN concat('sessions ', p_person, ' 0 0 ', encode(b[v+1], 'hex'));
 WHEN p_op = 14 THEN
  RETURN concat('room 0 ', p_added, ' 0 ');
 WHEN p_op IN (15, 16) THEN
  RETURN concat('room 0 ', p_room, ' 0 ');
 WHEN p_op IN (18, 19, 20) THEN
  RETURN concat('member ', p_person, ' ', p_room, ' 0 ');
 WHEN p_op = 21 AND p_added <> 0 THEN
  RETURN concat('member ', p_added, ' ', p_room, ' 0 ');
 WHEN p_op IN (22, 23) THEN
  RETURN concat('invitation ', p_person, ' ', p_room, ' 0 ');
 WHEN p_op IN (24, 25) THEN
  RETURN concat('sanction 0 ', p_room, ' ', n[o+1], ' ', t[q+1]);
 WHEN p_op = 26 THEN
  RETURN concat('block ', p_person, ' 0 ', n[o+1], ' ');
 WHEN p_op = 27 AND t[q+1] = 'kill' THEN
  RETURN concat('kill ', p_person, ' 0 0 ', t[q+2], ' ', t[q+4]);
 WHEN p_op = 29 AND p_added <> 0 THEN
  RETURN concat('purge 0 ', p_room, ' ', p_added, ' ');
 WHEN p_op = 36 AND t[q+1] <> '' THEN
  RETURN concat('dropped 0 0 0 ', t[q+1]);
 WHEN p_op = 41 THEN
  RETURN concat('profile ', p_person, ' 0 0 ');
 WHEN p_op = 55 THEN
  RETURN concat('push ', p_person, ' 0 0 ');
 ELSE
  RETURN NULL;
 END CASE;
END $$;

-- What a command of a node does besides: guests and sessions are where they were last, and who leaves a room may do
-- nothing there.
CREATE OR REPLACE FUNCTION place_v1(p_node int, p_op int, n bigint[], o int, b bytea[], v int, p_person bigint,
 p_room bigint, p_added bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
 IF p_op = 1 THEN
  UPDATE people SET node = p_node WHERE id = p_added;
 ELSIF p_op = 7 OR (p_op = 8 AND n[o+2] = 0) THEN
  UPDATE sessions SET node = p_node WHERE hash = b[v+1];
  UPDATE people SET node = p_node WHERE id = p_person AND node <> p_node AND kind = 0;
 ELSIF p_op = 19 THEN
  UPDATE rooms SET rules = rules + 1 WHERE id = p_room;
 END IF;
END $$;

-- The rooms whose rules are not those any more by which was decided; NULL: none.
CREATE OR REPLACE FUNCTION stale_rooms_v1(p_rooms bigint[], p_rules bigint[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
BEGIN
 RETURN (SELECT array_agg(r.id) FROM unnest(p_rooms, p_rules) AS u(id, rules) JOIN rooms r ON r.id = u.id
  WHERE u.rules >= 0 AND r.rules <> u.rules);
END $$;

-- Whether a group is about one of them. Read markers (20) are nobody's to refuse.
CREATE OR REPLACE FUNCTION is_stale_v1(p_stale bigint[], ops int[], n bigint[], p_first int, p_last int) RETURNS bool
 LANGUAGE plpgsql AS $$
BEGIN
 FOR k IN p_first..p_last LOOP
  IF n[14*k] = ANY(p_stale) AND ops[k] & 255 <> 20 THEN
   RETURN true;
  END IF;
 END LOOP;
 RETURN false;
END $$;

-- Adds what the command `k` of a node's batch, which was carried out, has for the others.
CREATE OR REPLACE FUNCTION add_news_v1(p_news batch_news, p_node int, k int, ops int[], n bigint[], t text[], b bytea[],
 s batch_state) RETURNS batch_news LANGUAGE plpgsql AS $$
DECLARE
 v_op int := ops[k] & 255;
 v_person bigint := n[14*k-1];
 v_room bigint := n[14*k];
 v_note text;
BEGIN
 IF v_op = 28 THEN
  IF p_news.rooms[cardinality(p_news.rooms)] IS DISTINCT FROM s.end_room THEN
   p_news.rooms := p_news.rooms || s.end_room;
   p_news.ends := p_news.ends || s.end_seq;
  ELSE
   p_news.ends[cardinality(p_news.ends)] := s.end_seq;
  END IF;
  RETURN p_news;
 END IF;
 IF v_person = 0 THEN
  v_person := s.person;
 END IF;
 v_room := resolve_room_v1(v_room, s.rooms);
 PERFORM place_v1(p_node, v_op, n, 14*(k-1), b, 2*(k-1), v_person, v_room, s.a);
 -- The token is gone already: what it was is in the answer.
 v_note := CASE WHEN v_op = 12 THEN concat('token ', v_person, ' 0 0 ', s.t)
  ELSE note_v1(v_op, n, 14*(k-1), t, 7*(k-1), b, 2*(k-1), v_person, v_room, s.a) END;
 IF v_note IS NOT NULL THEN
  p_news.notes := p_news.notes || v_note;
 END IF;
 RETURN p_news;
END $$;
