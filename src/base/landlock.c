#include "base/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The library has no wrappers, and older headers not all the names. */
#define FILES_V1  ((UINT64_C(1) << 13) - 1)
#define REFER     (UINT64_C(1) << 13) /* since version 2: link and rename between directories */
#define TRUNCATE  (UINT64_C(1) << 14) /* since version 3 */
#define PORTS     UINT64_C(3)         /* since version 4: bind, connect */
#define CONNECT   UINT64_C(2)
#define PORT_RULE 2                   /* LANDLOCK_RULE_NET_PORT */
#define IOCTL     (UINT64_C(1) << 15) /* since version 5: of devices */
#define SCOPES    UINT64_C(3)         /* since version 6: abstract sockets, signals */
#define READ      (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE     LANDLOCK_ACCESS_FS_WRITE_FILE
#define ALTER     (READ | WRITE | TRUNCATE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)

static const uint64_t rights_of[] = {
    [LANDLOCK_READ] = READ, [LANDLOCK_WRITE] = READ | WRITE, [LANDLOCK_ALTER] = ALTER};

/* The kernel's form of it. */
struct ruleset {
	uint64_t files, ports, scopes;
};

struct port_rule {
	uint64_t allowed_access, port;
};

int landlock_begin(struct landlock *landlock)
{
	int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	*landlock = (struct landlock){.version = version > 0 ? version : 0, .fd = -1, .files = FILES_V1};
	if (!landlock->version)
		return 0;
	if (version >= 2)
		landlock->files |= REFER;
	if (version >= 3)
		landlock->files |= TRUNCATE;
	if (version >= 4)
		landlock->ports = PORTS;
	if (version >= 5)
		landlock->files |= IOCTL;
	if (version >= 6)
		landlock->scopes = SCOPES;
	struct ruleset rules = {landlock->files, landlock->ports, landlock->scopes};
	size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
	landlock->fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	return landlock->fd < 0 ? -errno : 0;
}

int landlock_allow(const struct landlock *landlock, const char *path, enum landlock_rights rights)
{
	struct stat about;
	if (!landlock->version)
		return 0;
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	struct landlock_path_beneath_attr rule = {.allowed_access = rights_of[rights] & landlock->files,
						  .parent_fd = fd};
	if (!fstat(fd, &about) && !S_ISDIR(about.st_mode))
		rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE | WRITE | TRUNCATE;
	int result =
	    syscall(SYS_landlock_add_rule, landlock->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) ? -errno : 0;
	close(fd);
	return result;
}

int landlock_allow_port(const struct landlock *landlock, unsigned port)
{
	struct port_rule rule = {CONNECT, port};
	if (!landlock->ports)
		return 0;
	return syscall(SYS_landlock_add_rule, landlock->fd, PORT_RULE, &rule, 0) ? -errno : 0;
}

int landlock_end(struct landlock *landlock, int result)
{
	if (landlock->fd < 0)
		return result;
	if (!result && syscall(SYS_landlock_restrict_self, landlock->fd, 0))
		result = -errno;
	close(landlock->fd);
	landlock->fd = -1;
	return result;
}
