-- Version 11: invitations by a person, not by a name.
ALTER TABLE invitations ADD COLUMN by_person bigint NOT NULL DEFAULT 0;
