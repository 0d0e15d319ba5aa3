#include "base/sendable.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

/* The file has no more than the pages in use; its size is only how far its offsets go. */
#define FILE_BYTES (INT64_C(1) << (sizeof(long) > 4 ? 60 : 43))

static int file = -1;
static size_t page_bytes;
static _Atomic int64_t file_end;

int sendable_open(void)
{
	if (file >= 0)
		return 0;
	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	int made = memfd_create("brusio-log", MFD_CLOEXEC);
	if (made < 0)
		return -errno;
	if (ftruncate(made, FILE_BYTES)) {
		int error = -errno;
		close(made);
		return error;
	}
	file = made;
	return 0;
}

int sendable_file(void)
{
	return file;
}

static size_t whole_pages(size_t bytes)
{
	return (bytes + page_bytes - 1) / page_bytes * page_bytes;
}

char *sendable_new(size_t bytes, int64_t *offset)
{
	assert(bytes);
	if (file < 0)
		return NULL;
	size_t length = whole_pages(bytes);
	int64_t start = atomic_fetch_add(&file_end, (int64_t)length);
	if (start > FILE_BYTES - (int64_t)length)
		return NULL;
	/* Without memory this call fails, while the first access to a page would kill the process. */
	if (fallocate(file, FALLOC_FL_KEEP_SIZE, start, (off_t)length))
		return NULL;
	void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, file, start);
	if (memory == MAP_FAILED) {
		fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, (off_t)length);
		return NULL;
	}
	*offset = start;
	return memory;
}

void sendable_free(char *memory, size_t bytes, int64_t offset)
{
	assert(memory && offset >= 0);
	size_t length = whole_pages(bytes);
	assert(file >= 0 && offset % (int64_t)page_bytes == 0);
	munmap(memory, length);
	fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, (off_t)length);
}
