-- Version 8: rooms that keep what edits replace.
ALTER TABLE rooms ADD COLUMN keep_edits bool NOT NULL DEFAULT false;
-- A hash of a text that was replaced.
ALTER TABLE entries ADD COLUMN said text;
