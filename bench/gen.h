/*
 * The load generator's model: groups of rooms, each with receivers and
 * senders, every one of them one connection, all driven by one event loop in
 * one thread. The same model serves every dialect; a dialect only knows how to log in, how a message is framed, and
 * what other lines mean.
 */
#ifndef BENCH_GEN_H
#define BENCH_GEN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "histogram.h"
#include "procstat.h"

enum {
	GEN_GROUPS_MAX = 4,
	GEN_SENDERS_MAX = 256, /* in a room: the stamp has two digits */
	GEN_RECENT = 1024,     /* a message that is later than so many is taken for a repeated one */
	GEN_PHASES = 3,        /* a storm has a before, a during and an after */
	GEN_RECV_BYTES = 1 << 18,
	GEN_TAIL_BYTES_MAX = 1 << 16, /* the longest line that may be split over two reads */
	GEN_READERS_MAX = 8,          /* servers that receivers connect to */
	GEN_ALSO_MAX = 64,            /* processes whose time is measured besides */
	GEN_OUT_BYTES_HIGH = 1 << 20, /* no more is encoded for a sender whose server does not read */
};

/* When a message of a window counts as no longer outstanding. */
enum gen_by {
	GEN_BY_ALL,   /* every receiver that reads has it */
	GEN_BY_PROBE, /* the room's last receiver has it */
	GEN_BY_ACK,   /* the server acknowledged it */
};

enum conn_state { CONN_IDLE, CONN_CONNECTING, CONN_LOGIN, CONN_READY, CONN_CLOSED };

/* One receiver's view of one sender. */
struct track {
	uint32_t expect;
	/* A bit for each of the last messages, by their number: it came. Tells a late message from a repeated one. */
	uint64_t recent[GEN_RECENT / 64];
};

struct message_template {
	char *bytes;
	unsigned len;
	unsigned text_at;
	unsigned id_at; /* where eight digits of the request's id go; 0: the dialect has none */
};

struct conn {
	int fd;
	struct ssl_st *tls; /* NULL: plain */
	enum conn_state state;
	unsigned index; /* over all connections; makes its name and its source address */
	bool receiver;
	bool stalled; /* never reads while the load is measured */
	bool storms;  /* takes part in the storm */
	bool counts;  /* its deliveries close the window */
	bool weighed; /* its deliveries are counted by their bytes, without a look at them */
	bool in_room; /* a barrier message reached it */
	bool resync;  /* the next message may have any number (its dialect cannot resume) */
	bool behind;  /* has not yet caught up after a storm */
	bool merges;  /* what it missed is still to come, beside what is new: some may come twice, or late */
	uint32_t gap; /* bytes between the end of one message's line and the next one's mark */
	struct room *room;
	struct sender *sender; /* NULL for a receiver */
	struct track *track;   /* one per sender of the room */
	char *tail;            /* the beginning of a line whose rest has not come */
	uint32_t tail_len, tail_cap;
	char *out;
	uint32_t out_len, out_at, out_cap;
	uint64_t bytes;    /* that came since sending began */
	uint64_t room_seq; /* the server's number of the last entry seen, where the dialect has one */
	char *session;     /* what it comes back with: the server's word for it, or the last message's id */
};

struct sender {
	struct conn *conn;
	struct room *room;
	struct message_template message;
	uint32_t next_seq;
	uint32_t completed;
	uint32_t acked;
	uint32_t storm_seq; /* who storms has caught up when it has everything before this */
	uint32_t ring_mask;
	uint32_t *remaining; /* by seq: receivers that do not have it yet */
	uint64_t *sent_ns;   /* by seq: when it was due */
	bool queued;         /* in gen->ready */
};

struct room {
	struct group *group;
	unsigned index;
	char name[32];
	struct sender *senders;
	struct conn *receivers;
	struct conn
	    *checked; /* a receiver whose deliveries are looked at: what the weighed ones must weigh, too */
	unsigned counting; /* receivers whose deliveries close the window */
	unsigned waiting;  /* receivers that the barrier has not reached */
};

struct group {
	/* as asked for */
	unsigned rooms, receivers, senders, window, stalled, storm;
	unsigned check; /* one receiver in so many is checked message by message; the others are weighed */
	double rate;    /* messages per second over all its rooms; 0: as fast as the window lets */
	enum gen_by by;
	/* as it runs */
	struct room *room;
	uint64_t due_ns; /* when the next message is due */
	double due_fraction;
	unsigned turn; /* whose message it is, counting over rooms, then senders */
	/* as counted: over the whole run, and (measured_) between the two marks */
	uint64_t sent, delivered, acked;
	uint64_t checked_bytes, weighed_bytes;
	uint64_t measured_sent, measured_delivered, measured_acked;
	uint64_t measured_checked_bytes, measured_weighed_bytes;
	uint64_t skipped, reordered, repeated, corrupt;
	struct histogram latency[GEN_PHASES];
	struct histogram ack_latency;
};

struct gen;

struct dialect {
	const char *name;
	bool has_ack;
	bool has_resume; /* join with `after` gives what was missed */
	bool one_room;   /* only #lobby */
	/* Writes the first bytes of a connection. */
	void (*login)(struct gen *gen, struct conn *conn);
	/* Takes one line, without its newline, that is not a message. False: it is part of each message's framing.
	 */
	bool (*on_line)(struct gen *gen, struct conn *conn, const char *line, size_t len);
	/* Notes what a client that comes back must know of the last message: its line up to the text. NULL: nothing. */
	void (*note)(struct conn *conn, const char *line, const char *text);
	/* Builds the bytes of a sender's message around a text. */
	void (*frame)(struct gen *gen, struct sender *sender, struct message_template *out);
};

extern const struct dialect dialect_simple, dialect_full, dialect_irc, dialect_irc_history, dialect_nats,
    dialect_redis, dialect_raw;

/* Counters at one moment. */
struct mark {
	uint64_t at_ns, bytes_in, reads, own_cpu_ns;
	struct procstat server;
	uint64_t also_ns[GEN_ALSO_MAX]; /* of the processor */
};

struct gen {
	/* options */
	const struct dialect *dialect;
	struct sockaddr_in server,
	    readers[GEN_READERS_MAX]; /* where senders connect, and receivers in turn */
	unsigned readers_count;       /* 0: all connect to `server` */
	unsigned text_bytes, sources, burst;
	double seconds, warmup_seconds, away_seconds;
	bool spin, idle, storm, tls;
	pid_t pid, also[GEN_ALSO_MAX];
	unsigned also_count;
	char tag[8]; /* makes names, rooms and ids of this run its own */
	struct group group[GEN_GROUPS_MAX];
	unsigned groups;
	/* the loop */
	int epoll;
	char *recv_base; /* GEN_TAIL_BYTES_MAX of room for a tail, then GEN_RECV_BYTES */
	struct conn *conns;
	unsigned conn_count, next_connect, connecting, ready_count;
	struct sender **ready; /* senders whose window opened in this turn */
	unsigned ready_len;
	bool sending, measuring;
	bool weighing; /* from when sending begins */
	unsigned phase;
	unsigned behind_count;
	uint64_t caught_up_ns;
	/* counters */
	uint64_t bytes_in, reads, disconnected, retries, errors;
	struct mark from, to; /* the two ends of what is measured */
	uint64_t storm_ns;    /* how long it took until all had all; 0: they never had */
	unsigned storm_count, stalled_count, stalled_caught_up, stalled_lost;
	char first_error[160];
};

/* gen_setup.c */
void gen_build(struct gen *gen); /* rooms and connections of gen->group; dies when memory is short */
void gen_free(struct gen *gen);

/* gen_loop.c */
void gen_turn(struct gen *gen, uint64_t until_ns); /* waits for events until then at most, and handles them */
void gen_connect_more(struct gen *gen); /* starts connections while fewer than gen->burst are under way */
void conn_queue(struct conn *conn, const void *bytes, size_t len); /* goes out with the next conn_flush */
void conn_write(struct gen *gen, struct conn *conn, const void *bytes, size_t len);
void conn_flush(struct gen *gen, struct conn *conn);
void conn_ready(struct gen *gen, struct conn *conn); /* the dialect says: logged in and in the room */
void conn_check_behind(struct gen *gen, struct conn *conn, uint64_t now_ns);
void conn_close(struct gen *gen, struct conn *conn);
void conn_watch(struct gen *gen, struct conn *conn, bool on);  /* a stalled receiver is not watched */
void gen_error(struct gen *gen, const char *line, size_t len); /* the server refused something */

/* gen_tls.c */
void tls_start(struct conn *conn);
void tls_end(struct conn *conn);
ssize_t tls_receive(struct conn *conn, void *to, size_t bytes);
ssize_t tls_send(struct conn *conn, const void *from, size_t bytes);

/* gen_stream.c: takes what came for `conn`, returns how many bytes are used up. */
size_t stream_take(struct gen *gen, struct conn *conn, char *bytes, size_t len, uint64_t now_ns);

/* gen_send.c */
void sender_barrier(struct gen *gen, struct sender *sender);
void sender_pump(struct gen *gen, struct sender *sender, uint64_t now_ns); /* fills its window */
void sender_complete(struct gen *gen, struct sender *sender);
void sender_acked(struct gen *gen, struct sender *sender, uint32_t seq, uint64_t now_ns);
void gen_pump_rates(struct gen *gen, uint64_t now_ns); /* sends what is due */
uint64_t gen_next_due_ns(const struct gen *gen);

/* gen_run.c: the parts of a measurement. gen_join_all() returns -1 after a message on stderr. */
int gen_join_all(struct gen *gen);
void gen_measure(struct gen *gen);
void gen_idle(struct gen *gen);
void gen_storm(struct gen *gen);
uint64_t gen_lost(const struct gen *gen,
		  const struct group *group); /* messages that a living receiver never got */
/* Weighed receivers that did not get as many bytes as a checked one of their room. */
unsigned gen_uneven(const struct gen *gen, const struct group *group);

/* gen_report.c */
void gen_report(const struct gen *gen, FILE *out);

/* gen_selftest.c */
int gen_selftest(void);

#endif
