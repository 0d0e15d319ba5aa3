-- Version 4: profiles. Their pictures are files whose entry is -1.
CREATE TABLE profiles(
 person bigint PRIMARY KEY,
 display text NOT NULL,
 about text NOT NULL,
 picture text COLLATE "C" NOT NULL,
 hides_reading bool NOT NULL);
