#include "server/encryption.h"

#include "net/tls_context.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

int encryption_load(struct encryption *encryption, const struct config *config,
		    char problem[CONFIG_PROBLEM_BYTES])
{
	char cert[PATH_MAX], key[PATH_MAX];
	if (config->tls == TLS_OFF)
		return 0;
	if (!config->tls_cert != !config->tls_key) {
		snprintf(problem, CONFIG_PROBLEM_BYTES,
			 "tls_cert and tls_key belong together: give both or none");
		return -1;
	}
	encryption->is_own = !config->tls_cert;
	snprintf(cert, sizeof cert, "%s%s", encryption->is_own ? config->data : config->tls_cert,
		 encryption->is_own ? "/tls.crt" : "");
	snprintf(key, sizeof key, "%s%s", encryption->is_own ? config->data : config->tls_key,
		 encryption->is_own ? "/tls.key" : "");
	if (encryption->is_own && certificate_make(cert, key, problem, CONFIG_PROBLEM_BYTES) < 0)
		return -1;
	if (!encryption->context)
		encryption->context = tls_context_new_server();
	if (tls_context_load(encryption->context, cert, key, problem, CONFIG_PROBLEM_BYTES))
		return -1;
	tls_context_set_given(encryption->context, !encryption->is_own);
	certificate_file_fingerprint(cert, encryption->fingerprint);
	return 0;
}

void encryption_release(struct encryption *encryption)
{
	tls_context_free(encryption->context);
	encryption->context = NULL;
}
