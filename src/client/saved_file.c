#include "client/saved_file.h"

#include "base/file.h"
#include "base/memory.h"
#include "session/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPIES_MAX 99 /* "name (99).txt" */
#define PART_BYTES 40

char *saved_file_expand(const char *path)
{
	const char *home = getenv("HOME");
	if (strncmp(path, "~/", 2) != 0 || !home)
		return mem_string(path);
	char *expanded = mem_alloc(strlen(home) + strlen(path));
	sprintf(expanded, "%s%s", home, path + 1);
	return expanded;
}

static bool is_folder(const char *path)
{
	struct stat about;
	return !stat(path, &about) && S_ISDIR(about.st_mode);
}

static char *join(const char *folder, const char *name)
{
	char *path = mem_alloc(strlen(folder) + strlen(name) + 2);
	size_t length = strlen(folder);
	sprintf(path, "%s%s%s", folder, length && folder[length - 1] == '/' ? "" : "/", name);
	return path;
}

/* The last part of a given path is the name; a name from others is cleaned. */
static char *path_for(struct saved_file *saved, const char *path, const char *name)
{
	char clean[LIMIT_FILE_NAME_BYTES + 1];
	char *expanded = saved_file_expand(path ? path : ".");
	saved->may_add = is_folder(expanded);
	if (!saved->may_add)
		return expanded;
	file_clean_name(name, clean);
	char *whole = path ? join(expanded, clean) : mem_string(clean);
	free(expanded);
	return whole;
}

static int saved_open_folder(struct saved_file *saved)
{
	const char *slash = strrchr(saved->path, '/');
	char *folder = slash ? mem_string_n(saved->path, (size_t)(slash - saved->path) + 1) : mem_string(".");
	saved->name = mem_string(slash ? slash + 1 : saved->path);
	saved->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = saved->folder < 0 ? -errno : *saved->name ? 0 : -EISDIR;
	free(folder);
	return error;
}

int saved_file_begin(struct saved_file *saved, const char *path, const char *name)
{
	struct stat about;
	char word[17], part[PART_BYTES];
	*saved = (struct saved_file){.fd = -1, .folder = -1};
	saved->path = path_for(saved, path, name);
	int error = saved_open_folder(saved);
	if (!error && !saved->may_add && !fstatat(saved->folder, saved->name, &about, AT_SYMLINK_NOFOLLOW))
		error = -EEXIST;
	if (error)
		return error;
	random_word(word, sizeof word);
	snprintf(part, sizeof part, ".brusio-%s.part", word);
	saved->part = mem_string(part);
	saved->fd = openat(saved->folder, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	return saved->fd < 0 ? -errno : 0;
}

/* Not every file system knows the one or the other. */
static int give_name(const struct saved_file *saved, const char *name)
{
	if (!renameat2(saved->folder, saved->part, saved->folder, name, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	return linkat(saved->folder, saved->part, saved->folder, name, 0) ? -errno : 0;
}

/* "photo (2).jpg" */
static void take_other_name(struct saved_file *saved, const char *first, int number)
{
	const char *ending = strrchr(first, '.');
	size_t stem = ending && ending != first ? (size_t)(ending - first) : strlen(first);
	size_t folder = strlen(saved->path) - strlen(saved->name);
	char *name = mem_alloc(strlen(first) + 16);
	sprintf(name, "%.*s (%d)%s", (int)stem, first, number, first + stem);
	char *path = mem_alloc(folder + strlen(name) + 1);
	sprintf(path, "%.*s%s", (int)folder, saved->path, name);
	free(saved->path);
	free(saved->name);
	saved->path = path;
	saved->name = name;
}

int saved_file_keep(struct saved_file *saved)
{
	char *first = mem_string(saved->name);
	int error = fsync(saved->fd) ? -errno : 0;
	/* Some file systems tell only now that there was no room. */
	if (close(saved->fd) && !error)
		error = -errno;
	saved->fd = -1;
	if (!error)
		error = give_name(saved, saved->name);
	for (int number = 2; error == -EEXIST && saved->may_add && number <= COPIES_MAX; number++) {
		take_other_name(saved, first, number);
		error = give_name(saved, saved->name);
	}
	/* Gone where it was renamed. */
	unlinkat(saved->folder, saved->part, 0);
	free(first);
	return error;
}

void saved_file_drop(struct saved_file *saved)
{
	if (saved->fd < 0)
		return;
	close(saved->fd);
	saved->fd = -1;
	unlinkat(saved->folder, saved->part, 0);
}

void saved_file_release(struct saved_file *saved)
{
	if (saved->folder >= 0)
		close(saved->folder);
	free(saved->path);
	free(saved->name);
	free(saved->part);
	*saved = (struct saved_file){.fd = -1, .folder = -1};
}
