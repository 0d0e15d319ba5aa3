-- Version 6: previews of pictures; so many bytes, 0: there are none.
ALTER TABLE files ADD COLUMN preview_bytes bigint NOT NULL DEFAULT 0;
CREATE OR REPLACE FUNCTION file_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
 UPDATE meta SET value = (value::bigint + new.bytes + new.preview_bytes)::text WHERE key = 'file_bytes';
 RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION file_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
 UPDATE meta SET value = (value::bigint - old.bytes - old.preview_bytes)::text WHERE key = 'file_bytes';
 INSERT INTO dropped_files(id) VALUES(old.id) ON CONFLICT DO NOTHING;
 RETURN NULL;
END $$;
