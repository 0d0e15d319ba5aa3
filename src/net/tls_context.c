#include "net/tls_context.h"

#include "base/clock.h"
#include "base/memory.h"
#include "net/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Forward secrecy and authenticated encryption alone; TLS 1.3 has nothing else. */
#define SUITES "ECDHE+AESGCM:ECDHE+CHACHA20"
#define GROUPS "X25519:P-256:P-384"

struct tls_context {
	pthread_mutex_t lock;
	SSL_CTX *ctx;                   /* under lock; replaced as a whole */
	struct ticket_keys ticket_keys; /* under lock; they outlive the certificate */
	_Atomic bool is_given;
};

/* A failure here is the library's: without memory or its own algorithms nothing can be done. */
static void must(int is_right)
{
	if (is_right)
		return;
	fprintf(stderr, "brusio: OpenSSL cannot start: %s\n", ERR_reason_error_string(ERR_peek_last_error()));
	abort();
}

/* The list that the server prefers; a client that offers none of it is not ours. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_length,
			   const unsigned char *in, unsigned in_length, void *context)
{
	static const unsigned char ours[] = "\6brusio\10http/1.1";
	unsigned char *chosen;
	(void)ssl;
	(void)context;
	if (SSL_select_next_proto(&chosen, out_length, ours, sizeof ours - 1, in, in_length) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *new_ctx(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);
	must(ctx != NULL);
	must(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION));
	must(SSL_CTX_set_cipher_list(ctx, SUITES));
	must(SSL_CTX_set1_groups_list(ctx, GROUPS));
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT);
	/* An idle line holds no buffers; a write is whole or not at all. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return ctx;
}

/* The library seals (`is_sealing`) or opens a ticket, and asks under which key. Returns 1: here it is; 2: the
 * same, and the client is to get another ticket; 0: there is none, so that no ticket is made or taken; -1:
 * the library itself fails. */
static int use_ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
			  EVP_MAC_CTX *mac, int is_sealing)
{
	struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	struct ticket_key key;
	bool is_old = false;
	pthread_mutex_lock(&context->lock);
	const struct ticket_key *found =
	    is_sealing ? ticket_keys_sealing(&context->ticket_keys, clock_mono_ms())
		       : ticket_keys_find(&context->ticket_keys, name, clock_mono_ms(), &is_old);
	if (found)
		key = *found;
	pthread_mutex_unlock(&context->lock);
	if (!found)
		return 0;
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.digest, sizeof key.digest),
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
	bool is_ready = EVP_MAC_CTX_set_params(mac, params) == 1;
	if (is_sealing) {
		memcpy(name, key.name, sizeof key.name);
		is_ready = is_ready && RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1;
	}
	is_ready =
	    is_ready && EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher, iv, is_sealing) == 1;
	OPENSSL_cleanse(&key, sizeof key);
	return !is_ready ? -1 : is_old ? 2 : 1;
}

static SSL_CTX *new_server_ctx(struct tls_context *context)
{
	SSL_CTX *ctx = new_ctx(TLS_server_method());
	SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	/* A record in one system call instead of two: a reader that reads until there is nothing misses nothing. */
	SSL_CTX_set_read_ahead(ctx, 1);
	/* Sessions live in their clients' tickets; the server remembers none. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	must(SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"brusio", 6));
	must(SSL_CTX_set_num_tickets(ctx, 1));
	SSL_CTX_set_timeout(ctx, TICKET_SECONDS);
	must(SSL_CTX_set_app_data(ctx, context));
	must((int)SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, use_ticket_key));
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	return ctx;
}

static struct tls_context *new_context(void)
{
	struct tls_context *context = mem_zero(sizeof *context);
	pthread_mutex_init(&context->lock, NULL);
	return context;
}

struct tls_context *tls_context_new_server(void)
{
	struct tls_context *context = new_context();
	context->ctx = new_server_ctx(context);
	return context;
}

struct tls_context *tls_context_new_client(void)
{
	static const unsigned char protocol[] = "\6brusio";
	SSL_CTX *ctx = new_ctx(TLS_client_method());
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	/* Without authorities no chain is valid, and trust on first use is left. */
	if (!SSL_CTX_set_default_verify_paths(ctx))
		ERR_clear_error();
	must(!SSL_CTX_set_alpn_protos(ctx, protocol, sizeof protocol - 1));
	struct tls_context *context = new_context();
	context->ctx = ctx;
	return context;
}

void tls_context_free(struct tls_context *context)
{
	if (!context)
		return;
	SSL_CTX_free(context->ctx);
	ticket_keys_wipe(&context->ticket_keys);
	pthread_mutex_destroy(&context->lock);
	free(context);
}

static const char *reason(void)
{
	unsigned long error = ERR_peek_last_error();
	const char *text =
	    ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) : ERR_reason_error_string(error);
	return text ? text : "unknown error";
}

int tls_context_load(struct tls_context *context, const char *cert, const char *key, char *problem,
		     size_t problem_bytes)
{
	SSL_CTX *made = new_server_ctx(context);
	ERR_clear_error();
	*problem = '\0';
	if (SSL_CTX_use_certificate_chain_file(made, cert) != 1)
		snprintf(problem, problem_bytes, "cannot use the certificate %s: %s", cert, reason());
	else if (SSL_CTX_use_PrivateKey_file(made, key, SSL_FILETYPE_PEM) != 1)
		snprintf(problem, problem_bytes, "cannot use the key %s: %s", key, reason());
	else if (SSL_CTX_check_private_key(made) != 1)
		snprintf(problem, problem_bytes, "the key %s is not that of the certificate %s", key, cert);
	ERR_clear_error();
	if (*problem) {
		SSL_CTX_free(made);
		return -1;
	}
	pthread_mutex_lock(&context->lock);
	SSL_CTX *old = context->ctx;
	context->ctx = made;
	pthread_mutex_unlock(&context->lock);
	/* Lines that were made from it hold it as long as they live. */
	SSL_CTX_free(old);
	return 0;
}

void tls_context_set_given(struct tls_context *context, bool is_given)
{
	context->is_given = is_given;
}

bool tls_context_is_given(const struct tls_context *context)
{
	return context->is_given;
}

bool tls_context_has_name(struct tls_context *context, const char *host)
{
	pthread_mutex_lock(&context->lock);
	X509 *certificate = SSL_CTX_get0_certificate(context->ctx);
	bool is_named = certificate && X509_check_host(certificate, host, strlen(host), 0, NULL) == 1;
	pthread_mutex_unlock(&context->lock);
	return is_named;
}

void tls_context_fingerprint(struct tls_context *context, char fingerprint[TLS_FINGERPRINT_BYTES])
{
	*fingerprint = '\0';
	pthread_mutex_lock(&context->lock);
	X509 *certificate = SSL_CTX_get0_certificate(context->ctx);
	if (certificate)
		certificate_fingerprint(certificate, fingerprint);
	pthread_mutex_unlock(&context->lock);
}

SSL *tls_context_line(struct tls_context *context)
{
	pthread_mutex_lock(&context->lock);
	SSL *ssl = SSL_new(context->ctx);
	pthread_mutex_unlock(&context->lock);
	must(ssl != NULL);
	return ssl;
}
