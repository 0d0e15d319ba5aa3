#include "base/pem_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <unistd.h>

static int pem_file_write(const char *path, EVP_PKEY *key, X509 *certificate)
{
	char temporary[4096];
	if (snprintf(temporary, sizeof temporary, "%s.new", path) >= (int)sizeof temporary) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	int is_written = key ? PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL)
			     : PEM_write_X509(file, certificate);
	is_written = is_written && !fflush(file) && !fsync(fd);
	int error = errno;
	if (fclose(file) || !is_written || rename(temporary, path)) {
		error = is_written ? errno : error;
		unlink(temporary);
		errno = error;
		return -1;
	}
	return 0;
}

int pem_file_write_key(const char *path, EVP_PKEY *key)
{
	return pem_file_write(path, key, NULL);
}

int pem_file_write_certificate(const char *path, X509 *certificate)
{
	return pem_file_write(path, NULL, certificate);
}

EVP_PKEY *pem_file_read_key(const char *path)
{
	FILE *file = fopen(path, "re");
	EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
	if (file)
		fclose(file);
	return key;
}
