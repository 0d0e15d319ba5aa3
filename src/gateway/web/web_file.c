#include "gateway/web/web_file.h"

#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT_BYTES_MAX 255

const struct web_file *web_file_find(const char *path, size_t bytes)
{
	for (size_t i = 0; i < web_files_count; i++)
		if (strlen(web_files[i].path) == bytes && !memcmp(web_files[i].path, path, bytes))
			return &web_files[i];
	return NULL;
}

static const char *type_of(const char *name)
{
	static const char *const types[][2] = {
	    {".html", "text/html; charset=utf-8"},
	    {".js", "text/javascript; charset=utf-8"},
	    {".css", "text/css; charset=utf-8"},
	    {".json", "application/json"},
	    {".webmanifest", "application/manifest+json"},
	    {".svg", "image/svg+xml"},
	    {".png", "image/png"},
	    {".map", "application/json"},
	    {".txt", "text/plain; charset=utf-8"},
	};
	const char *dot = strrchr(name, '.');
	for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
		if (!strcmp(dot, types[i][0]))
			return types[i][1];
	return "application/octet-stream";
}

static bool web_file_is_name(const char *name)
{
	return *name && *name != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		   strlen(name);
}

/* Opens `path` one name at a time, each beneath the one before it, and follows no link. */
static int open_beneath(const char *root, const char *path, size_t bytes, char name[SEGMENT_BYTES_MAX + 1])
{
	int at = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (bool is_last = false; at >= 0 && !is_last;) {
		const char *slash = memchr(path, '/', bytes);
		size_t length = slash ? (size_t)(slash - path) : bytes;
		int next = -1;
		is_last = !slash;
		if (length <= SEGMENT_BYTES_MAX) {
			memcpy(name, path, length);
			name[length] = '\0';
			if (web_file_is_name(name))
				next = openat(at, name,
					      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC |
						  (is_last ? 0 : O_DIRECTORY));
		}
		close(at);
		at = next;
		path += is_last ? length : length + 1;
		bytes -= is_last ? length : length + 1;
	}
	return at;
}

static bool read_all(int fd, struct buffer *to)
{
	struct stat file;
	if (fstat(fd, &file) || !S_ISREG(file.st_mode) || file.st_size > LIMIT_HTTP_FILE_BYTES)
		return false;
	for (size_t left = (size_t)file.st_size; left;) {
		ssize_t count = read(fd, buffer_reserve(to, left), left);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		buffer_added(to, (size_t)count);
		left -= (size_t)count;
	}
	return true;
}

bool web_file_read(const char *root, const char *path, size_t bytes, struct buffer *to, const char **type)
{
	char name[SEGMENT_BYTES_MAX + 1];
	int fd = open_beneath(root, path, bytes, name);
	if (fd < 0)
		return false;
	bool is_read = read_all(fd, to);
	close(fd);
	*type = type_of(name);
	return is_read;
}
