#include "client/device.h"

#include "session/random.h"
#include "client/state_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define DEVICES_MAX 16 /* runs at the same time that are known again */
#define WORD_BYTES  13

static int lock_fd = -1;

/* The word in the file, or a new one that is put there. */
static bool read_word(int fd, char word[WORD_BYTES])
{
	ssize_t got = pread(fd, word, WORD_BYTES - 1, 0);
	word[WORD_BYTES - 1] = '\0';
	if (got == WORD_BYTES - 1 && strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789") == WORD_BYTES - 1)
		return true;
	random_word(word, WORD_BYTES);
	return !ftruncate(fd, 0) && pwrite(fd, word, WORD_BYTES - 1, 0) == WORD_BYTES - 1;
}

bool device_claim(char device[DEVICE_BYTES])
{
	for (int number = 1; number <= DEVICES_MAX && lock_fd < 0; number++) {
		char name[24], word[WORD_BYTES];
		snprintf(name, sizeof name, "device-%d", number);
		char *path = state_dir_file(name);
		int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
		free(path);
		if (fd < 0)
			return false;
		if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
			close(fd);
		} else if (read_word(fd, word)) {
			lock_fd = fd;
			snprintf(device, DEVICE_BYTES, "terminal-%s", word);
		} else {
			close(fd);
			return false;
		}
	}
	return lock_fd >= 0;
}

void device_release(void)
{
	if (lock_fd >= 0)
		close(lock_fd);
	lock_fd = -1;
}
