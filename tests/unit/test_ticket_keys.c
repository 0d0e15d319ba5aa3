#include "net/ticket_keys.h"

#include "base/clock.h"
#include "directory.h"
#include "net/certificate.h"
#include "net/tls.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEY_MS    ((int64_t)TICKET_KEY_SECONDS * 1000)
#define TICKET_MS ((int64_t)TICKET_SECONDS * 1000)

TEST(a_key_seals_for_its_time_and_then_only_opens)
{
	struct ticket_keys keys = {0};
	bool is_old;
	struct ticket_key first = *ticket_keys_sealing(&keys, 1000);
	assert_memory_equal(ticket_keys_sealing(&keys, 1000 + KEY_MS - 1)->name, first.name,
			    sizeof first.name);
	assert_non_null(ticket_keys_find(&keys, first.name, 1000 + KEY_MS - 1, &is_old));
	assert_false(is_old);
	struct ticket_key second = *ticket_keys_sealing(&keys, 1000 + KEY_MS);
	assert_memory_not_equal(second.name, first.name, sizeof first.name);
	assert_memory_not_equal(second.cipher, first.cipher, sizeof first.cipher);
	assert_memory_not_equal(second.digest, first.digest, sizeof first.digest);
	const struct ticket_key *found = ticket_keys_find(&keys, first.name, 1000 + KEY_MS, &is_old);
	assert_memory_equal(found->cipher, first.cipher, sizeof first.cipher);
	assert_true(is_old);
	assert_non_null(ticket_keys_find(&keys, second.name, 1000 + KEY_MS, &is_old));
	assert_false(is_old);
	ticket_keys_wipe(&keys);
}

TEST(an_old_key_is_wiped_when_its_last_ticket_is_worth_nothing)
{
	struct ticket_keys keys = {0};
	bool is_old;
	struct ticket_key first = *ticket_keys_sealing(&keys, 1000);
	struct ticket_keys nothing = {0};
	assert_non_null(ticket_keys_find(&keys, first.name, 1000 + KEY_MS + TICKET_MS - 1, &is_old));
	assert_null(ticket_keys_find(&keys, first.name, 1000 + KEY_MS + TICKET_MS, &is_old));
	assert_memory_equal(&keys, &nothing, sizeof keys);
}

TEST(a_key_that_was_not_looked_at_for_long_is_wiped_at_once)
{
	struct ticket_keys keys = {0}, nothing = {0};
	bool is_old;
	struct ticket_key first = *ticket_keys_sealing(&keys, 1000);
	assert_null(ticket_keys_find(&keys, first.name, 1000 + 10 * KEY_MS, &is_old));
	assert_memory_equal(&keys, &nothing, sizeof keys);
}

/* --- real handshakes --- */

struct place {
	struct tls_context *context;
	struct directory directory;
	char cert[128], key[128];
};

static void load(struct place *place)
{
	char problem[500];
	assert_int_equal(tls_context_load(place->context, place->cert, place->key, problem, sizeof problem),
			 0);
}

static void set_up(struct place *place)
{
	char problem[500];
	directory_make(&place->directory);
	strcpy(place->cert, directory_file(&place->directory, "c.pem"));
	strcpy(place->key, directory_file(&place->directory, "k.pem"));
	assert_int_equal(certificate_make(place->cert, place->key, problem, sizeof problem), 1);
	place->context = tls_context_new_server();
	load(place);
}

static void tear_down(struct place *place)
{
	tls_context_free(place->context);
	directory_remove(&place->directory);
}

/* One line from a client that offers `*session` (NULL: none) and takes a new one; true where it was resumed.
 */
static bool comes_back(const struct place *place, SSL_CTX *client_ctx, SSL_SESSION **session)
{
	int fd[2], result = 0;
	char byte = 'x';
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	struct tls *server = tls_new_server(place->context, fd[0]);
	SSL *client = SSL_new(client_ctx);
	SSL_set_fd(client, fd[1]);
	if (*session)
		assert_int_equal(SSL_set_session(client, *session), 1);
	int served = -EAGAIN;
	for (int i = 0; i < 20 && (result != 1 || served); i++) {
		result = result == 1 ? 1 : SSL_connect(client);
		served = served ? tls_handshake(server) : 0;
	}
	assert_int_equal(result, 1);
	assert_int_equal(served, 0);
	assert_int_equal(tls_write(server, &(struct iovec){.iov_base = &byte, .iov_len = 1}, 1), 1);
	assert_int_equal(SSL_read(client, &byte, 1), 1);
	bool is_resumed = SSL_session_reused(client);
	SSL_SESSION_free(*session);
	*session = SSL_get1_session(client);
	SSL_shutdown(client);
	SSL_free(client);
	tls_free(server);
	close(fd[0]);
	close(fd[1]);
	return is_resumed;
}

static void rotate_under_clients(int version)
{
	struct place place;
	SSL_SESSION *session = NULL, *kept = NULL;
	SSL_CTX *client = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_max_proto_version(client, version);
	/* Only the server's keys age here: the tickets' own time is wall-clock and does not move. */
	clock_fake(1000, 0);
	set_up(&place);
	assert_false(comes_back(&place, client, &session));
	assert_true(comes_back(&place, client, &session));
	SSL_SESSION_up_ref(session);
	kept = session;
	/* A reloaded certificate changes nothing. */
	load(&place);
	assert_true(comes_back(&place, client, &session));
	/* Over a rotation, one comes back with the old key's ticket and gets one of the new key's. */
	clock_fake(1000 + KEY_MS, 0);
	assert_true(comes_back(&place, client, &session));
	clock_fake(1000 + KEY_MS + TICKET_MS, 0);
	assert_true(comes_back(&place, client, &session));
	/* The old key is gone, and with it what it sealed. */
	assert_false(comes_back(&place, client, &kept));
	SSL_SESSION_free(session);
	SSL_SESSION_free(kept);
	SSL_CTX_free(client);
	tear_down(&place);
}

TEST(lines_are_resumed_over_a_rotation_tls_1_3)
{
	rotate_under_clients(TLS1_3_VERSION);
}

TEST(lines_are_resumed_over_a_rotation_tls_1_2)
{
	rotate_under_clients(TLS1_2_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_key_seals_for_its_time_and_then_only_opens),
	    cmocka_unit_test(an_old_key_is_wiped_when_its_last_ticket_is_worth_nothing),
	    cmocka_unit_test(a_key_that_was_not_looked_at_for_long_is_wiped_at_once),
	    cmocka_unit_test(lines_are_resumed_over_a_rotation_tls_1_3),
	    cmocka_unit_test(lines_are_resumed_over_a_rotation_tls_1_2),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
