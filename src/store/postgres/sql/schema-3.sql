-- Version 3: invitation links, and who came in by which.
CREATE TABLE links(
 hash bytea PRIMARY KEY,
 key text COLLATE "C" NOT NULL UNIQUE,
 maker bigint NOT NULL,
 room bigint NOT NULL,
 uses bigint NOT NULL,
 used bigint NOT NULL DEFAULT 0,
 made_ms bigint NOT NULL,
 until_ms bigint NOT NULL);
CREATE INDEX links_by_maker ON links(maker);
CREATE INDEX links_by_room ON links(room) WHERE room <> 0;
CREATE TABLE link_uses(
 link bytea NOT NULL REFERENCES links(hash) ON DELETE CASCADE,
 person bigint NOT NULL,
 PRIMARY KEY(link, person));
CREATE INDEX link_uses_by_person ON link_uses(person);
