#include "server/privileges.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes it with all its parents, as mkdir -p does. Errors show when it is opened. */
static void make_directory(const char *path)
{
	char *part = mem_string(path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(part, 0755);
		*slash = '/';
	}
	mkdir(part, 0700);
	free(part);
}

/* Symbolic and hard links may lead to files that are not ours: only a plain file with a single name is given
 * away. */
static int give_file(int directory, const char *name, const struct passwd *user)
{
	struct stat about;
	int fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), result = 0;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_nlink == 1 && about.st_uid == 0 &&
	    fchownat(fd, "", user->pw_uid, user->pw_gid, AT_EMPTY_PATH))
		result = -errno;
	close(fd);
	return result;
}

static int give_files(int directory, const struct passwd *user)
{
	int result = 0;
	DIR *list = fdopendir(dup(directory));
	if (!list)
		return -errno;
	for (struct dirent *entry; !result && (entry = readdir(list));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = give_file(directory, entry->d_name, user);
	closedir(list);
	return result;
}

/* A mistyped path must not give away a directory that holds something else. */
static bool is_data_directory(int directory)
{
	struct stat about;
	bool is_empty = true;
	if (!fstatat(directory, "brusio.db", &about, AT_SYMLINK_NOFOLLOW))
		return true;
	DIR *list = fdopendir(dup(directory));
	for (struct dirent *entry; list && (entry = readdir(list));)
		is_empty = is_empty && (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."));
	if (list)
		closedir(list);
	return list && is_empty;
}

static int give_data(const char *path, const struct passwd *user, char *problem)
{
	struct stat about;
	make_directory(path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = fd < 0 ? errno : 0;
	if (!error && fstat(fd, &about))
		error = errno;
	/* A directory that is not root's is left as it is. */
	bool is_ours = !error && about.st_uid == 0;
	if (is_ours && !is_data_directory(fd)) {
		snprintf(problem, CONFIG_PROBLEM_BYTES,
			 "%s holds other things than brusio's, so it is not given to the user %s; "
			 "choose an empty directory with --data",
			 path, user->pw_name);
		close(fd);
		return -1;
	}
	if (is_ours)
		error = -give_files(fd, user);
	if (is_ours && !error && fchown(fd, user->pw_uid, user->pw_gid))
		error = errno;
	if (fd >= 0)
		close(fd);
	if (error)
		snprintf(problem, CONFIG_PROBLEM_BYTES, "cannot give %s to the user %s: %s", path,
			 user->pw_name, strerror(error));
	return error ? -1 : 0;
}

static int become(const struct passwd *user, char *problem)
{
	if (initgroups(user->pw_name, user->pw_gid) || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid)) {
		snprintf(problem, CONFIG_PROBLEM_BYTES, "cannot become the user %s: %s", user->pw_name,
			 strerror(errno));
		return -1;
	}
	if (setuid(0) == 0 || seteuid(0) == 0) {
		snprintf(problem, CONFIG_PROBLEM_BYTES, "became the user %s, and could be root again",
			 user->pw_name);
		return -1;
	}
	return 1;
}

int privileges_drop(const struct config *config, char problem[CONFIG_PROBLEM_BYTES])
{
	const char *name = config->user ? config->user : PRIVILEGES_USER;
	errno = 0;
	struct passwd *user = getpwnam(name);
	if (!user && config->user) {
		snprintf(problem, CONFIG_PROBLEM_BYTES,
			 "there is no user %s; make one, or choose another with "
			 "--user",
			 name);
		return -1;
	}
	if (geteuid() != 0) {
		if (!config->user || user->pw_uid == geteuid())
			return 0;
		snprintf(problem, CONFIG_PROBLEM_BYTES, "only root can become the user %s", name);
		return -1;
	}
	if (!user || user->pw_uid == 0)
		return 0;
	if (give_data(config->data, user, problem))
		return -1;
	return become(user, problem);
}
