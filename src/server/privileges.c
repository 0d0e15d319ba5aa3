#include "server/privileges.h"

#include "base/logging.h"
#include "base/memory.h"
#include "server/system_user.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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
static int give_file(int directory, const char *name, const struct system_user *user)
{
	struct stat about;
	int fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), result = 0;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_nlink == 1 && about.st_uid == 0 &&
	    fchownat(fd, "", user->uid, user->gid, AT_EMPTY_PATH))
		result = -errno;
	close(fd);
	return result;
}

static int give_files(int directory, const struct system_user *user)
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

/* A folder of this directory with the files in it; one that is not root's stays as it is. */
static int give_folder(int directory, const char *name, const struct system_user *user)
{
	struct stat about;
	int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), result = 0;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &about) == 0 && about.st_uid == 0) {
		result = give_files(fd, user);
		if (!result && fchown(fd, user->uid, user->gid))
			result = -errno;
	}
	close(fd);
	return result;
}

/* The files that people sent are in folders of their own: files/7f. */
static int give_sent_files(int directory, const struct system_user *user)
{
	int fd = openat(directory, "files", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), result = 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	DIR *list = fdopendir(fd);
	for (struct dirent *entry; list && !result && (entry = readdir(list));)
		if (strlen(entry->d_name) == 2 && strcmp(entry->d_name, "..") != 0)
			result = give_folder(fd, entry->d_name, user);
	if (list)
		closedir(list);
	else
		close(fd);
	return result ? result : give_folder(directory, "files", user);
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

static int give_data(const char *path, const char *name, const struct system_user *user, char *problem)
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
			 path, name);
		close(fd);
		return -1;
	}
	if (is_ours)
		error = -give_files(fd, user);
	if (is_ours && !error)
		error = -give_sent_files(fd, user);
	if (is_ours && !error && fchown(fd, user->uid, user->gid))
		error = errno;
	if (fd >= 0)
		close(fd);
	if (error)
		snprintf(problem, CONFIG_PROBLEM_BYTES, "cannot give %s to the user %s: %s", path, name,
			 strerror(error));
	return error ? -1 : 0;
}

static int become_user(const char *name, const struct system_user *user, char *problem)
{
	bool is_number = *name >= '0' && *name <= '9';
	int error = is_number ? (setgroups(1, &user->gid) ? -errno : 0) : system_user_set_groups(name, user);
	if (!error &&
	    (setresgid(user->gid, user->gid, user->gid) || setresuid(user->uid, user->uid, user->uid)))
		error = -errno;
	if (error) {
		snprintf(problem, CONFIG_PROBLEM_BYTES, "cannot become the user %s: %s", name,
			 strerror(-error));
		return -1;
	}
	assert(getuid() == user->uid && getgid() == user->gid);
	if (setuid(0) == 0 || seteuid(0) == 0) {
		snprintf(problem, CONFIG_PROBLEM_BYTES, "became the user %s, and could be root again", name);
		return -1;
	}
	return 1;
}

/* --- root that stays root --- */

/* Root without capabilities is an owner of files like any other. It needs no more, unless the data directory is
 * somebody else's. */
static uint64_t needed_capabilities(const char *data)
{
	struct stat about;
	bool is_foreign = !stat(data, &about) && about.st_uid != geteuid();
	return is_foreign ? UINT64_C(1) << CAP_DAC_OVERRIDE : 0;
}

static int drop_capabilities(uint64_t keep, char *problem)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2] = {{0}};
	for (int i = 0; i < 2; i++)
		sets[i].effective = sets[i].permitted = (uint32_t)(keep >> (32 * i));
	/* The bounding set may be out of our reach in a container; without it, no_new_privs does the same. */
	for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
		if (!(keep >> capability & 1))
			prctl(PR_CAPBSET_DROP, capability);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, sets)) {
		snprintf(problem, CONFIG_PROBLEM_BYTES, "cannot give up root's capabilities: %s",
			 strerror(errno));
		return -1;
	}
	return 0;
}

/* --- all of it --- */

static bool read_id(const char **text, uid_t *number)
{
	char *end;
	errno = 0;
	unsigned long value = strtoul(*text, &end, 10);
	bool is_number = **text >= '0' && **text <= '9' && !errno && value < UINT32_MAX;
	*number = (uid_t)value;
	*text = end;
	return is_number;
}

/* "10000" or "10000:10001", for systems where the number has no name. */
static bool read_numbers(const char *text, struct system_user *user)
{
	if (!read_id(&text, &user->uid))
		return false;
	user->gid = user->uid;
	if (*text == ':') {
		text++;
		if (!read_id(&text, &user->gid))
			return false;
	}
	return !*text;
}

/* Returns 1: there is a user to become, 0: there is none and none is needed, or -1 with `problem`. */
static int find_user(const struct config *config, struct system_user *user, char *problem)
{
	const char *name = config->user ? config->user : PRIVILEGES_USER;
	bool is_found = read_numbers(name, user) || system_user_find(name, user);
	if (!is_found && config->user) {
		snprintf(problem, CONFIG_PROBLEM_BYTES,
			 "there is no user %s; create it, or choose another with --user", name);
		return -1;
	}
	if (geteuid() != 0) {
		if (!config->user || user->uid == geteuid())
			return 0;
		snprintf(problem, CONFIG_PROBLEM_BYTES, "only root can become the user %s", name);
		return -1;
	}
	return is_found && user->uid != 0;
}

int privileges_check(const struct config *config, char problem[CONFIG_PROBLEM_BYTES])
{
	struct system_user user;
	return find_user(config, &user, problem) < 0 ? -1 : 0;
}

int privileges_drop(const struct config *config, char problem[CONFIG_PROBLEM_BYTES])
{
	const char *name = config->user ? config->user : PRIVILEGES_USER;
	struct system_user user;
	int found = find_user(config, &user, problem);
	if (found < 0)
		return -1;
	if (!found && geteuid() != 0)
		return 0;
	if (!found) {
		make_directory(config->data);
		return drop_capabilities(needed_capabilities(config->data), problem);
	}
	if (give_data(config->data, name, &user, problem))
		return -1;
	return become_user(name, &user, problem);
}

void privileges_raise_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		LOG_WARN("server.descriptors", "error=\"%m\"");
}
