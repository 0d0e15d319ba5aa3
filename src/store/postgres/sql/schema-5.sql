-- Version 5: pinned messages.
CREATE TABLE pins(
 room bigint NOT NULL,
 seq bigint NOT NULL,
 by text NOT NULL,
 time_ms bigint NOT NULL,
 PRIMARY KEY(room, seq));
