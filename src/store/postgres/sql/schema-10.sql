-- Version 10: accounts that nothing lets in.
ALTER TABLE people ADD COLUMN disabled bool NOT NULL DEFAULT false;
