#include "net/certificate.h"

#include "base/buffer.h"
#include "base/pem_file.h"
#include "net/address.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An expiry date would not help those who know the fingerprint, and others cannot check the certificate anyway. */
#define VALID_DAYS (50 * 365)
#define NAMES_MAX  32

void certificate_fingerprint(const X509 *certificate, char text[TLS_FINGERPRINT_BYTES])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	*text = '\0';
	if (!X509_digest(certificate, EVP_sha256(), digest, &length))
		return;
	for (unsigned i = 0; i < length; i++)
		sprintf(text + i * 3, i + 1 < length ? "%02X:" : "%02X", digest[i]);
}

int certificate_file_fingerprint(const char *cert, char text[TLS_FINGERPRINT_BYTES])
{
	FILE *file = fopen(cert, "re");
	X509 *certificate = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
	if (certificate)
		certificate_fingerprint(certificate, text);
	X509_free(certificate);
	if (file)
		fclose(file);
	ERR_clear_error();
	return certificate ? 0 : -1;
}

/* "DNS:localhost,IP:127.0.0.1,...": everything that somebody on the net may call this machine. */
static void list_names(struct buffer *names)
{
	char host[256] = "";
	struct ifaddrs *all = NULL;
	buffer_add_string(names, "DNS:localhost,IP:127.0.0.1,IP:::1");
	/* Letters, digits, '-' and '.' alone, so that nothing else gets into the list. */
	if (!gethostname(host, sizeof host - 1) && *host && strcmp(host, "localhost") != 0 &&
	    !host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")])
		buffer_printf(names, ",DNS:%s", host);
	if (getifaddrs(&all))
		return;
	int count = 0;
	for (struct ifaddrs *one = all; one && count < NAMES_MAX; one = one->ifa_next) {
		struct sockaddr_storage address = {0};
		char text[ADDRESS_TEXT_BYTES];
		int family = one->ifa_addr ? one->ifa_addr->sa_family : AF_UNSPEC;
		if (family != AF_INET && family != AF_INET6)
			continue;
		memcpy(&address, one->ifa_addr,
		       family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		address_host(&address, text);
		if (address_is_loopback(text) || !strncmp(text, "fe80", 4))
			continue;
		buffer_printf(names, ",IP:%s", text);
		count++;
	}
	freeifaddrs(all);
}

static int add_extension(X509 *certificate, X509V3_CTX *context, int id, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, id, value);
	int is_added = extension && X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
	return is_added;
}

static X509 *sign_for_itself(EVP_PKEY *key)
{
	X509V3_CTX context;
	struct buffer names = BUFFER_EMPTY;
	uint64_t serial = 0;
	X509 *certificate = X509_new();
	if (!certificate)
		return NULL;
	list_names(&names);
	X509_NAME *subject = X509_get_subject_name(certificate);
	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	/* A day back, for clocks that do not agree. */
	int is_right = RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 &&
		       ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1) &&
		       X509_set_version(certificate, X509_VERSION_3) &&
		       X509_gmtime_adj(X509_getm_notBefore(certificate), -86400) &&
		       X509_time_adj_ex(X509_getm_notAfter(certificate), VALID_DAYS, 0, NULL) &&
		       X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
						  (const unsigned char *)"brusio", -1, -1, 0) &&
		       X509_set_issuer_name(certificate, subject) && X509_set_pubkey(certificate, key) &&
		       add_extension(certificate, &context, NID_subject_alt_name, buffer_string(&names)) &&
		       add_extension(certificate, &context, NID_basic_constraints, "critical,CA:FALSE") &&
		       add_extension(certificate, &context, NID_key_usage, "critical,digitalSignature") &&
		       add_extension(certificate, &context, NID_ext_key_usage, "serverAuth") &&
		       X509_sign(certificate, key, EVP_sha256()) > 0;
	buffer_release(&names);
	if (is_right)
		return certificate;
	X509_free(certificate);
	return NULL;
}

int certificate_make(const char *cert, const char *key, char *problem, size_t problem_bytes)
{
	int result = -1;
	bool has_key = access(key, F_OK) == 0;
	if (has_key && access(cert, F_OK) == 0)
		return 0;
	EVP_PKEY *pair = has_key ? pem_file_read_key(key) : EVP_EC_gen("P-256");
	X509 *certificate = pair ? sign_for_itself(pair) : NULL;
	if (!pair && has_key)
		snprintf(problem, problem_bytes,
			 "cannot use the key %s: it is no PEM key without a password; "
			 "mend or remove it",
			 key);
	else if (!certificate)
		snprintf(problem, problem_bytes, "cannot make a certificate: %s",
			 ERR_reason_error_string(ERR_peek_last_error()));
	else if ((!has_key && pem_file_write_key(key, pair)) || pem_file_write_certificate(cert, certificate))
		snprintf(problem, problem_bytes, "cannot write %s or %s: %s", key, cert, strerror(errno));
	else
		result = 1;
	X509_free(certificate);
	EVP_PKEY_free(pair);
	ERR_clear_error();
	return result;
}
