-- Version 7: browsers that are told while closed. They go with the token that they stay signed in by.
CREATE TABLE pushes(
 hash bytea PRIMARY KEY,
 person bigint NOT NULL,
 label text COLLATE "C" NOT NULL,
 endpoint text NOT NULL,
 point text NOT NULL,
 auth text NOT NULL,
 lang text NOT NULL,
 texts int NOT NULL,
 made_ms bigint NOT NULL,
 UNIQUE(person, label));
CREATE FUNCTION token_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
 DELETE FROM pushes WHERE person = old.person AND label = old.label;
 RETURN NULL;
END $$;
CREATE TRIGGER token_removed AFTER DELETE ON tokens FOR EACH ROW EXECUTE FUNCTION token_removed();
