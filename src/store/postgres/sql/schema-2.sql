-- Version 2: settings of accounts.
CREATE TABLE settings(
 person bigint NOT NULL,
 key text COLLATE "C" NOT NULL,
 value text NOT NULL,
 PRIMARY KEY(person, key));
