/* A disk that fails: an SQLite VFS whose files are in memory, for the real store to work on.
 *
 * Each file has what reads see (the page cache), what is on the platter, and in which order what was
 * not synced yet was asked for. A power cut leaves an arbitrary part of the latter, in sectors, some of them
 * torn; a kill leaves the page cache. Calls fail, come short, or take a while, as often as the test says, and
 * all of it is decided by one seed.
 *
 *  1. From the moment of disk.is_cut on, every call fails: what is acknowledged later is acknowledged by a
 *     machine that is off.
 *  2. A sync makes all that was asked for of this file durable, and that the file is there at all. With the
 *     first one of a log or journal that was opened the directory is synced too, as the real VFS does it:
 *     which files there are is durable then. A sync that fails may forget what it did not write: later syncs
 * say that all is well, and reads still see it. So does Linux.
 *  3. Data may reach the platter in any order; the making, cutting and deleting of one file keep theirs.
 *
 * Threads: any; one lock is around every call. */
#ifndef BRUSIO_TESTS_UNIT_FAULTY_DISK_H
#define BRUSIO_TESTS_UNIT_FAULTY_DISK_H

#include "unit.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#define DISK_FILES 16
#define SHM_LOCKS  SQLITE_SHM_NLOCK

enum change_kind { CHANGE_WRITE, CHANGE_SIZE, CHANGE_MAKE, CHANGE_DELETE };

/* The writes that were asked for and not synced. */
struct change {
	struct change *next;
	enum change_kind kind;
	size_t at, length; /* CHANGE_SIZE: length is the new size */
	unsigned char bytes[];
};

struct content {
	unsigned char *bytes;
	size_t size, capacity;
	bool exists;
};

struct handle;

struct disk_file {
	char name[160];
	struct content seen, platter;
	struct change *changes, **last;
	unsigned made; /* counts how often it was made anew */
	unsigned readers;
	struct handle *reserved, *pending, *exclusive;
	void *regions[32];
	unsigned regions_users;
	unsigned shm_shared[SHM_LOCKS];
	struct handle *shm_exclusive[SHM_LOCKS];
};

struct handle {
	sqlite3_file base; /* first */
	struct disk_file *file;
	int level;
	unsigned born; /* file->made at the opening */
	bool has_regions;
	bool syncs_directory;              /* a log or journal, at its first sync */
	uint8_t shm_shared, shm_exclusive; /* bit n: slot n */
};

/* One in so many calls; 0: none. */
struct disk_odds {
	unsigned read, write, sync, meta, delay, memory;
};

static struct {
	pthread_mutex_t lock;
	sqlite3_vfs vfs, *real;
	struct disk_file files[DISK_FILES];
	unsigned handles;
	uint64_t dice;
	struct disk_odds odds;
	unsigned cut_after; /* changes and syncs until the power goes; 0: it stays */
	unsigned full_for;  /* so many writes yet find no space to grow into */
	bool is_cut, lies;  /* lies: a sync says that all is well and does nothing */
	bool ignores_sync;  /* PRAGMA synchronous=FULL is passed over, with OFF set before */
	unsigned long calls, failures;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

static inline bool disk_throw(unsigned odds)
{
	bool hit = odds && dice_below(&disk.dice, odds) == 0;
	disk.failures += hit;
	return hit;
}

/* Enters a call: true where it fails. */
static inline bool disk_enter(unsigned odds)
{
	pthread_mutex_lock(&disk.lock);
	disk.calls++;
	if (disk.odds.delay && dice_below(&disk.dice, disk.odds.delay) == 0) {
		pthread_mutex_unlock(&disk.lock);
		usleep(30);
		pthread_mutex_lock(&disk.lock);
	}
	return disk.is_cut || disk_throw(odds);
}

static inline int disk_leave(int result)
{
	pthread_mutex_unlock(&disk.lock);
	return result;
}

/* Counts towards the power cut; true where it is now. */
static inline bool disk_step(void)
{
	if (disk.cut_after && --disk.cut_after == 0)
		disk.is_cut = true;
	return disk.is_cut;
}

/* --- content --- */

static inline void content_resize(struct content *content, size_t size, int hole)
{
	if (size > content->capacity) {
		content->capacity = size * 2;
		content->bytes = realloc(content->bytes, content->capacity);
		assert(content->bytes);
	}
	if (size > content->size)
		memset(content->bytes + content->size, hole, size - content->size);
	content->size = size;
}

static inline void content_write(struct content *content, size_t at, const void *bytes, size_t length,
				 int hole)
{
	if (!length)
		return;
	if (at + length > content->size)
		content_resize(content, at + length, hole);
	memcpy(content->bytes + at, bytes, length);
}

static inline void content_copy(struct content *to, const struct content *from)
{
	to->size = 0;
	content_write(to, 0, from->bytes, from->size, 0);
	to->exists = from->exists;
}

static inline struct disk_file *disk_find(const char *name)
{
	struct disk_file *empty = NULL;
	for (int i = 0; i < DISK_FILES; i++) {
		if (!strcmp(disk.files[i].name, name))
			return &disk.files[i];
		if (!*disk.files[i].name && !empty)
			empty = &disk.files[i];
	}
	assert(empty && strlen(name) < sizeof empty->name);
	strcpy(empty->name, name);
	empty->last = &empty->changes;
	return empty;
}

static inline void file_change(struct disk_file *file, enum change_kind kind, size_t at, const void *bytes,
			       size_t length)
{
	size_t held = kind == CHANGE_WRITE ? length : 0;
	struct change *change = malloc(sizeof *change + held);
	assert(change);
	*change = (struct change){.kind = kind, .at = at, .length = length};
	if (held)
		memcpy(change->bytes, bytes, held);
	*file->last = change;
	file->last = &change->next;
	if (kind == CHANGE_WRITE)
		content_write(&file->seen, at, bytes, length, 0);
	else
		content_resize(&file->seen, kind == CHANGE_SIZE ? length : 0, 0);
	if (kind == CHANGE_MAKE || kind == CHANGE_DELETE)
		file->seen.exists = kind == CHANGE_MAKE;
	file->made += kind == CHANGE_MAKE;
}

/* How much of what is under way reaches the platter at a power cut, or at a sync that fails. */
struct reach {
	unsigned percent, torn_percent; /* of the sectors; and of those, cut in the middle */
	size_t sector;
	int hole; /* what stands where nothing was written */
};

static inline struct reach reach_any(void)
{
	static const unsigned percents[] = {0, 20, 50, 80, 98, 100};
	return (struct reach){.percent = percents[dice_below(&disk.dice, 6)],
			      .torn_percent = dice_below(&disk.dice, 2) ? 0 : 30,
			      .sector = dice_below(&disk.dice, 2) ? 512 : 4096,
			      .hole = dice_below(&disk.dice, 2) ? 0 : 0xa5};
}

static inline void reach_sectors(struct content *to, const struct change *change, const struct reach *reach)
{
	for (size_t done = 0; done < change->length;) {
		size_t at = change->at + done, length = reach->sector - at % reach->sector;
		if (length > change->length - done)
			length = change->length - done;
		size_t kept = length;
		if (dice_below(&disk.dice, 100) < reach->torn_percent)
			kept = dice_below(&disk.dice, length + 1);
		if (dice_below(&disk.dice, 100) < reach->percent)
			content_write(to, at, change->bytes + done, kept, reach->hole);
		done += length;
	}
}

/* Puts one change on the platter. `file` as the platter has it may be an older one of that name. */
static inline void settle_one(struct content *platter, const struct change *change, const struct reach *reach,
			      bool *is_kept, bool *is_this_one)
{
	if (change->kind == CHANGE_WRITE) {
		if (*is_this_one && reach)
			reach_sectors(platter, change, reach);
		else if (*is_this_one)
			content_write(platter, change->at, change->bytes, change->length, 0);
		return;
	}
	if (reach && *is_kept)
		*is_kept = dice_below(&disk.dice, 100) < reach->percent;
	if (change->kind == CHANGE_SIZE) {
		if (*is_this_one && *is_kept)
			content_resize(platter, change->length, reach ? reach->hole : 0);
		return;
	}
	*is_this_one = *is_kept;
	if (*is_kept) {
		content_resize(platter, 0, 0);
		platter->exists = change->kind == CHANGE_MAKE;
	}
}

/* Puts `count` changes on the platter and forgets them; `reach` NULL: whole. */
static inline void file_settle_some(struct disk_file *file, size_t count, const struct reach *reach)
{
	bool is_this_one = true, is_kept = true;
	for (struct change *change; count && (change = file->changes); count--) {
		settle_one(&file->platter, change, reach, &is_kept, &is_this_one);
		file->changes = change->next;
		free(change);
	}
	if (!file->changes)
		file->last = &file->changes;
}

static inline void file_settle(struct disk_file *file, const struct reach *reach)
{
	file_settle_some(file, SIZE_MAX, reach);
}

/* How many changes there are up to the last making or deleting. */
static inline size_t file_changes_of_directory(const struct disk_file *file)
{
	size_t count = 0, last = 0;
	for (const struct change *change = file->changes; change; change = change->next) {
		count++;
		if (change->kind == CHANGE_MAKE || change->kind == CHANGE_DELETE)
			last = count;
	}
	return last;
}

static inline void disk_settle_directory(void)
{
	for (int i = 0; i < DISK_FILES; i++)
		if (*disk.files[i].name)
			file_settle_some(&disk.files[i], file_changes_of_directory(&disk.files[i]), NULL);
}

/* --- the calls on a file --- */

static inline struct handle *disk_handle(sqlite3_file *file)
{
	return (struct handle *)file;
}

static inline int disk_read(sqlite3_file *base, void *to, int length, sqlite3_int64 at)
{
	struct content *seen = &disk_handle(base)->file->seen;
	if (disk_enter(disk.odds.read))
		return disk_leave(SQLITE_IOERR_READ);
	size_t there = (size_t)at < seen->size ? seen->size - (size_t)at : 0;
	size_t got = there < (size_t)length ? there : (size_t)length;
	if (got)
		memcpy(to, seen->bytes + at, got);
	memset((char *)to + got, 0, (size_t)length - got);
	return disk_leave(got < (size_t)length ? SQLITE_IOERR_SHORT_READ : SQLITE_OK);
}

static inline int disk_write(sqlite3_file *base, const void *bytes, int length, sqlite3_int64 at)
{
	struct disk_file *file = disk_handle(base)->file;
	bool fails = disk_enter(disk.odds.write), was_cut = disk.is_cut;
	bool is_full = disk.full_for && (size_t)(at + length) > file->seen.size;
	disk.full_for -= disk.full_for > 0;
	if (!was_cut && !fails && !is_full && !disk_step()) {
		file_change(file, CHANGE_WRITE, (size_t)at, bytes, (size_t)length);
		return disk_leave(SQLITE_OK);
	}
	/* Some of it was written before it failed, or before the light went out. */
	if (!was_cut && dice_below(&disk.dice, 2))
		file_change(file, CHANGE_WRITE, (size_t)at, bytes, dice_below(&disk.dice, (size_t)length));
	return disk_leave(is_full ? SQLITE_FULL : SQLITE_IOERR_WRITE);
}

static inline int disk_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	if (disk_enter(disk.odds.meta) || disk_step())
		return disk_leave(SQLITE_IOERR_TRUNCATE);
	file_change(disk_handle(base)->file, CHANGE_SIZE, 0, NULL, (size_t)size);
	return disk_leave(SQLITE_OK);
}

static inline int disk_sync(sqlite3_file *base, int flags)
{
	struct disk_file *file = disk_handle(base)->file;
	bool fails = disk_enter(disk.odds.sync), was_cut = disk.is_cut;
	(void)flags;
	if (!was_cut && disk_step())
		fails = true;
	if (!fails && !disk.lies) {
		if (disk_handle(base)->syncs_directory)
			disk_settle_directory();
		disk_handle(base)->syncs_directory = false;
		file_settle(file, NULL);
	}
	if (fails && !was_cut && !disk.is_cut && dice_below(&disk.dice, 2)) {
		struct reach reach = reach_any();
		file_settle(file, &reach);
	}
	return disk_leave(fails ? SQLITE_IOERR_FSYNC : SQLITE_OK);
}

static inline int disk_size(sqlite3_file *base, sqlite3_int64 *size)
{
	bool fails = disk_enter(disk.odds.meta);
	*size = (sqlite3_int64)disk_handle(base)->file->seen.size;
	return disk_leave(fails ? SQLITE_IOERR_FSTAT : SQLITE_OK);
}

/* Letting go of a lock works also where nothing else does. */
static inline int disk_unlock(sqlite3_file *base, int level)
{
	struct handle *handle = disk_handle(base);
	struct disk_file *file = handle->file;
	pthread_mutex_lock(&disk.lock);
	struct handle **held[] = {&file->reserved, &file->pending, &file->exclusive};
	for (int i = 0; i < 3; i++)
		if (*held[i] == handle)
			*held[i] = NULL;
	if (level == SQLITE_LOCK_NONE && handle->level > SQLITE_LOCK_NONE)
		file->readers--;
	if (level < handle->level)
		handle->level = level;
	return disk_leave(SQLITE_OK);
}

static inline int disk_lock(sqlite3_file *base, int level)
{
	struct handle *handle = disk_handle(base);
	struct disk_file *file = handle->file;
	if (disk_enter(disk.odds.meta))
		return disk_leave(SQLITE_IOERR_LOCK);
	if (level <= handle->level)
		return disk_leave(SQLITE_OK);
	if (handle->level == SQLITE_LOCK_NONE) {
		if (file->pending || file->exclusive)
			return disk_leave(SQLITE_BUSY);
		file->readers++;
		handle->level = SQLITE_LOCK_SHARED;
	}
	if (level >= SQLITE_LOCK_RESERVED) {
		if (file->reserved && file->reserved != handle)
			return disk_leave(SQLITE_BUSY);
		file->reserved = handle;
		handle->level = SQLITE_LOCK_RESERVED;
	}
	if (level == SQLITE_LOCK_EXCLUSIVE) {
		file->pending = handle;
		if (file->readers > 1)
			return disk_leave(SQLITE_BUSY);
		file->exclusive = handle;
		handle->level = level;
	}
	return disk_leave(SQLITE_OK);
}

static inline int disk_is_reserved(sqlite3_file *base, int *is_reserved)
{
	bool fails = disk_enter(disk.odds.meta);
	*is_reserved = disk_handle(base)->file->reserved != NULL;
	return disk_leave(fails ? SQLITE_IOERR_CHECKRESERVEDLOCK : SQLITE_OK);
}

/* The VFS sees every PRAGMA first. */
static inline int disk_control(sqlite3_file *base, int operation, void *argument)
{
	char **words = argument;
	if (operation == SQLITE_FCNTL_HAS_MOVED) {
		*(int *)argument = disk_handle(base)->born != disk_handle(base)->file->made;
		return SQLITE_OK;
	}
	if (operation == SQLITE_FCNTL_PRAGMA && disk.ignores_sync && !strcmp(words[1], "synchronous") &&
	    words[2] && strcmp(words[2], "OFF") != 0)
		return SQLITE_OK;
	return SQLITE_NOTFOUND;
}

static inline int disk_sector(sqlite3_file *base)
{
	(void)base;
	return 4096;
}

/* Like the real one on Linux: a write does not touch the bytes beside it. */
static inline int disk_character(sqlite3_file *base)
{
	(void)base;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

#include "faulty_disk_vfs.h"

#endif
