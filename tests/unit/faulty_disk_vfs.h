/* The rest of faulty_disk.h: shared memory, the file system, and what a test does with the disk. */
#ifndef BRUSIO_TESTS_UNIT_FAULTY_DISK_VFS_H
#define BRUSIO_TESTS_UNIT_FAULTY_DISK_VFS_H

/* --- shared memory of the write-ahead log: it lives as long as somebody has it open --- */

static inline int disk_shm_map(sqlite3_file *base, int region, int bytes, int extend, void volatile **to)
{
	struct handle *handle = disk_handle(base);
	struct disk_file *file = handle->file;
	*to = NULL;
	if (disk_enter(disk.odds.meta))
		return disk_leave(SQLITE_IOERR_SHMMAP);
	assert(region < (int)(sizeof file->regions / sizeof *file->regions));
	file->regions_users += !handle->has_regions;
	handle->has_regions = true;
	if (!file->regions[region] && extend)
		file->regions[region] = calloc(1, (size_t)bytes);
	*to = file->regions[region];
	return disk_leave(SQLITE_OK);
}

static inline void disk_shm_release(struct handle *handle, int slot)
{
	struct disk_file *file = handle->file;
	uint8_t bit = (uint8_t)(1u << slot);
	file->shm_shared[slot] -= (handle->shm_shared & bit) != 0;
	if (handle->shm_exclusive & bit)
		file->shm_exclusive[slot] = NULL;
	handle->shm_shared &= (uint8_t)~bit;
	handle->shm_exclusive &= (uint8_t)~bit;
}

static inline bool disk_shm_is_free(const struct handle *handle, int slot, bool exclusive)
{
	const struct disk_file *file = handle->file;
	unsigned others = file->shm_shared[slot] - ((handle->shm_shared >> slot & 1) != 0);
	if (file->shm_exclusive[slot] && file->shm_exclusive[slot] != handle)
		return false;
	return !exclusive || !others;
}

static inline int disk_shm_lock(sqlite3_file *base, int first, int count, int flags)
{
	struct handle *handle = disk_handle(base);
	bool exclusive = flags & SQLITE_SHM_EXCLUSIVE, takes = flags & SQLITE_SHM_LOCK;
	if (!takes)
		pthread_mutex_lock(&disk.lock);
	else if (disk_enter(disk.odds.meta))
		return disk_leave(SQLITE_IOERR_SHMLOCK);
	for (int i = first; takes && i < first + count; i++)
		if (!disk_shm_is_free(handle, i, exclusive))
			return disk_leave(SQLITE_BUSY);
	for (int i = first; i < first + count; i++) {
		disk_shm_release(handle, i);
		if (takes && exclusive) {
			handle->file->shm_exclusive[i] = handle;
			handle->shm_exclusive |= (uint8_t)(1u << i);
		} else if (takes) {
			handle->file->shm_shared[i]++;
			handle->shm_shared |= (uint8_t)(1u << i);
		}
	}
	return disk_leave(SQLITE_OK);
}

static inline void disk_shm_barrier(sqlite3_file *base)
{
	(void)base;
	pthread_mutex_lock(&disk.lock);
	disk_leave(0);
}

static inline int disk_shm_unmap(sqlite3_file *base, int remove)
{
	struct handle *handle = disk_handle(base);
	struct disk_file *file = handle->file;
	(void)remove;
	pthread_mutex_lock(&disk.lock);
	for (int i = 0; i < SHM_LOCKS; i++)
		disk_shm_release(handle, i);
	if (handle->has_regions && --file->regions_users == 0)
		for (size_t i = 0; i < sizeof file->regions / sizeof *file->regions; i++) {
			free(file->regions[i]);
			file->regions[i] = NULL;
		}
	handle->has_regions = false;
	return disk_leave(SQLITE_OK);
}

static inline int disk_close(sqlite3_file *base)
{
	disk_shm_unmap(base, 0);
	disk_unlock(base, SQLITE_LOCK_NONE);
	pthread_mutex_lock(&disk.lock);
	disk.handles--;
	return disk_leave(SQLITE_OK);
}

static const sqlite3_io_methods disk_methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_is_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_character,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

/* --- the file system --- */

static inline int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *given)
{
	const int temporary = SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TEMP_JOURNAL | SQLITE_OPEN_TRANSIENT_DB |
			      SQLITE_OPEN_SUBJOURNAL;
	(void)vfs;
	if (!name || flags & temporary)
		return disk.real->xOpen(disk.real, name, base, flags, given);
	base->pMethods = NULL;
	if (disk_enter(disk.odds.meta))
		return disk_leave(SQLITE_CANTOPEN);
	struct disk_file *file = disk_find(name);
	if (!file->seen.exists && (!(flags & SQLITE_OPEN_CREATE) || disk_step()))
		return disk_leave(SQLITE_CANTOPEN);
	if (!file->seen.exists)
		file_change(file, CHANGE_MAKE, 0, NULL, 0);
	struct handle *handle = disk_handle(base);
	*handle = (struct handle){.base.pMethods = &disk_methods,
				  .file = file,
				  .born = file->made,
				  .syncs_directory = flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)};
	disk.handles++;
	if (given)
		*given = flags;
	return disk_leave(SQLITE_OK);
}

static inline int disk_delete(sqlite3_vfs *vfs, const char *name, int is_synced)
{
	(void)vfs;
	if (disk_enter(disk.odds.meta) || disk_step())
		return disk_leave(SQLITE_IOERR_DELETE);
	struct disk_file *file = disk_find(name);
	if (!file->seen.exists)
		return disk_leave(SQLITE_IOERR_DELETE_NOENT);
	file_change(file, CHANGE_DELETE, 0, NULL, 0);
	if (is_synced && !disk.lies)
		disk_settle_directory();
	return disk_leave(SQLITE_OK);
}

static inline int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *answer)
{
	(void)vfs;
	bool fails = disk_enter(disk.odds.meta);
	const struct disk_file *file = disk_find(name);
	*answer = file->seen.exists && (flags != SQLITE_ACCESS_EXISTS || file->seen.size);
	return disk_leave(fails ? SQLITE_IOERR_ACCESS : SQLITE_OK);
}

/* Waiting for a lock is short: these tests are not about the clock. */
static inline int disk_sleep(sqlite3_vfs *vfs, int microseconds)
{
	(void)vfs;
	usleep(microseconds > 100 ? 100 : (unsigned)microseconds);
	return microseconds;
}

/* --- memory that runs out, for SQLite alone --- */

static sqlite3_mem_methods disk_real_memory;

static inline bool disk_has_no_memory(void)
{
	if (!disk.odds.memory)
		return false;
	pthread_mutex_lock(&disk.lock);
	return disk_leave(disk_throw(disk.odds.memory));
}

static inline void *disk_allocate(int bytes)
{
	return disk_has_no_memory() ? NULL : disk_real_memory.xMalloc(bytes);
}

static inline void *disk_reallocate(void *old, int bytes)
{
	return disk_has_no_memory() ? NULL : disk_real_memory.xRealloc(old, bytes);
}

/* --- what a test does --- */

/* Once, before anything of SQLite is used: from now on it is the default. */
static inline void disk_install(void)
{
	sqlite3_mem_methods memory;
	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &disk_real_memory);
	memory = disk_real_memory;
	memory.xMalloc = disk_allocate;
	memory.xRealloc = disk_reallocate;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
	sqlite3_initialize();
	disk.real = sqlite3_vfs_find(NULL);
	disk.vfs = *disk.real;
	disk.vfs.zName = "faulty";
	disk.vfs.pNext = NULL;
	if (disk.vfs.szOsFile < (int)sizeof(struct handle))
		disk.vfs.szOsFile = sizeof(struct handle);
	disk.vfs.xOpen = disk_open;
	disk.vfs.xDelete = disk_delete;
	disk.vfs.xAccess = disk_access;
	disk.vfs.xSleep = disk_sleep;
	sqlite3_vfs_register(&disk.vfs, 1);
}

/* Nothing fails from now on. */
static inline void disk_calm(void)
{
	pthread_mutex_lock(&disk.lock);
	disk.odds = (struct disk_odds){0};
	disk.cut_after = disk.full_for = 0;
	disk_leave(0);
}

static inline void disk_arm(const struct disk_odds *odds, unsigned cut_after, unsigned full_for)
{
	pthread_mutex_lock(&disk.lock);
	disk.odds = *odds;
	disk.cut_after = cut_after;
	disk.full_for = full_for;
	disk_leave(0);
}

/* The process or the machine stops here. */
static inline void disk_cut(void)
{
	pthread_mutex_lock(&disk.lock);
	disk.is_cut = true;
	disk_leave(0);
}

static inline bool disk_is_cut(void)
{
	pthread_mutex_lock(&disk.lock);
	return disk_leave(disk.is_cut);
}

/* Starts again, after a power cut or only a kill; everything is closed. */
static inline void disk_restart(bool was_power_cut)
{
	disk_calm();
	assert(!disk.handles);
	struct reach reach = reach_any();
	for (int i = 0; i < DISK_FILES && was_power_cut; i++) {
		struct disk_file *file = &disk.files[i];
		if (!*file->name)
			continue;
		file_settle(file, &reach);
		content_copy(&file->seen, &file->platter);
	}
	disk.is_cut = false;
}

/* Makes `to` what `from` is now to whoever reads it, or gone where `from` is. */
static inline void disk_copy(const char *from, const char *to)
{
	pthread_mutex_lock(&disk.lock);
	content_copy(&disk_find(to)->seen, &disk_find(from)->seen);
	disk_leave(0);
}

static inline void disk_remove(const char *name)
{
	pthread_mutex_lock(&disk.lock);
	struct disk_file *file = disk_find(name);
	file_settle(file, NULL);
	free(file->seen.bytes);
	free(file->platter.bytes);
	*file = (struct disk_file){0};
	disk_leave(0);
}

/* An empty disk, and dice that fall as this seed says. */
static inline void disk_format(uint64_t seed)
{
	assert(!disk.handles);
	for (int i = 0; i < DISK_FILES; i++) {
		struct disk_file *file = &disk.files[i];
		if (!*file->name)
			continue;
		file_settle(file, NULL);
		free(file->seen.bytes);
		free(file->platter.bytes);
		*file = (struct disk_file){0};
	}
	disk_calm();
	disk.dice = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
	disk.is_cut = disk.lies = disk.ignores_sync = false;
	disk.calls = disk.failures = 0;
}

#endif
