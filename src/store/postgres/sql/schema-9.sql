-- Version 9: several servers, each a node. A node without a name is the one server that has the database alone.
ALTER TABLE nodes ADD COLUMN name text COLLATE "C" UNIQUE;

-- Apart from `nodes`, whose rows running batches lock. `backend`: the process that listens for the node.
CREATE TABLE leases(node int PRIMARY KEY, incarnation bigint NOT NULL, at timestamptz NOT NULL, backend int NOT NULL);

-- What the other nodes are to know of a batch; NULL where there is one server. Rooms and where they ended, and what
-- else it changed: note_v1() says how.
ALTER TABLE batches ADD COLUMN rooms bigint[], ADD COLUMN ends bigint[], ADD COLUMN notes text[];

-- Where a guest, or a session, was last: that node lets it end.
ALTER TABLE people ADD COLUMN node int NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN node int NOT NULL DEFAULT 0;

-- The version of what decides who may do what in a room: roles, sanctions, settings.
ALTER TABLE rooms ADD COLUMN rules bigint NOT NULL DEFAULT 0;

CREATE FUNCTION room_ruled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
 new.rules := old.rules + 1;
 RETURN new;
END $$;
CREATE TRIGGER room_ruled BEFORE UPDATE ON rooms FOR EACH ROW
 WHEN (old.private <> new.private OR old.read_only <> new.read_only OR old.topic_locked <> new.topic_locked)
 EXECUTE FUNCTION room_ruled();
CREATE FUNCTION member_ruled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
 UPDATE rooms SET rules = rules + 1 WHERE id = new.room;
 RETURN NULL;
END $$;
CREATE TRIGGER member_ruled AFTER UPDATE OF role ON members FOR EACH ROW WHEN (old.role <> new.role)
 EXECUTE FUNCTION member_ruled();
CREATE FUNCTION sanction_ruled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
 UPDATE rooms SET rules = rules + 1 WHERE id = coalesce(new.room, old.room);
 RETURN NULL;
END $$;
CREATE TRIGGER sanction_ruled AFTER INSERT OR UPDATE OR DELETE ON sanctions FOR EACH ROW
 EXECUTE FUNCTION sanction_ruled();

-- batch_v1 has got a parameter.
DROP FUNCTION IF EXISTS batch_v1(int, bigint, bigint, bool, bigint[], int[], bigint[], text[], bytea[]);

-- What a node's batch has for the others, as it is carried out.
CREATE TYPE batch_news AS (rooms bigint[], ends bigint[], notes text[]);
