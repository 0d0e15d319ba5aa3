-- Version 11: invitations by a person, not by a name; a session ends with its token.
ALTER TABLE invitations ADD COLUMN by_person bigint NOT NULL DEFAULT 0;
DELETE FROM sessions s WHERE s.token IS NOT NULL AND NOT EXISTS (SELECT 1 FROM tokens t WHERE t.hash = s.token);
