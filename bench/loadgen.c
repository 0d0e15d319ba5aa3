/*
 * loadgen: one load generator for every chat server that the bench compares.
 * One thread, one event loop; what it counts it has checked, message by
 * message, for loss, order and repetition.
 */
#include "gen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "stamp.h"

static const char help[] =
    "usage: loadgen --dialect full|simple|irc|irc-history|nats|redis|raw --connect 127.0.0.1:PORT --group "
    "KEY=N,... "
    "[--group "
    "...]\n"
    "\n"
    "Only loopback addresses are accepted. Prints one JSON object on standard output.\n"
    "\n"
    "A group is rooms of one shape; its keys are:\n"
    "  rooms, receivers, senders   how many (receivers and senders: in each room)\n"
    "  window=W                    saturate: W messages outstanding in each room\n"
    "  by=all|probe|ack            a message is outstanding until every reading receiver has it (the "
    "default),\n"
    "                              until one receiver has it, or until the server acknowledged it\n"
    "  rate=R                      or R messages a second over all rooms of the group, at fixed times\n"
    "  stalled=S                   S of the receivers in each room do not read until the measurement is "
    "over\n"
    "  check=C                     one receiver in C is checked message by message; of the others only the "
    "bytes are\n"
    "                              counted, so that the generator takes less of the machine (1: all are "
    "checked)\n"
    "  storm=S                     S of the receivers in each room take part in --storm\n"
    "\n"
    "  --seconds S      how long to measure (5)        --warmup S   before it (1)\n"
    "  --size BYTES     of a message's text (100)      --pid PID    the server, for its CPU time and memory\n"
    "  --also PID       another process whose CPU time is measured; may be given several times\n"
    "  --spin           never sleep: for a generator that has a core of its own\n"
    "  --readers ADDRESS  where receivers connect instead, in turn where it is given several times: other "
    "nodes\n"
    "  --sources N      spread over N loopback addresses (8)\n"
    "  --burst N        connections under way at once while getting in (200)\n"
    "  --idle           only connect, say {\"ready\":N}, and hold until standard input ends\n"
    "  --tls            in TLS, whatever certificate the server shows\n"
    "  --storm          measure, drop the storming receivers, wait --away S (1), let all return at once, "
    "measure\n"
    "  --self-test      feed the checks lost, reordered, repeated and late messages, and see that each is "
    "found\n";

static void die(const char *what, const char *value)
{
	fprintf(stderr, "loadgen: %s: %s\nTry loadgen --help.\n", what, value);
	exit(2);
}

static double number(const char *key, const char *value)
{
	char *end;
	double n = strtod(value, &end);
	if (end == value || *end || n < 0)
		die("not a number", key);
	return n;
}

static void parse_by(struct group *group, const char *value)
{
	if (!strcmp(value, "all"))
		group->by = GEN_BY_ALL;
	else if (!strcmp(value, "probe"))
		group->by = GEN_BY_PROBE;
	else if (!strcmp(value, "ack"))
		group->by = GEN_BY_ACK;
	else
		die("by must be all, probe or ack, not", value);
}

static void parse_group(struct gen *gen, char *spec)
{
	if (gen->groups == GEN_GROUPS_MAX)
		die("too many groups", spec);
	struct group *group = &gen->group[gen->groups++];
	group->rooms = group->senders = group->check = 1;
	for (char *part; (part = strsep(&spec, ","));) {
		char *key = strsep(&part, "=");
		if (!part)
			die("a group's parts are KEY=VALUE, not", key);
		unsigned n = strcmp(key, "by") ? (unsigned)number(key, part) : 0;
		if (!strcmp(key, "rooms"))
			group->rooms = n;
		else if (!strcmp(key, "receivers"))
			group->receivers = n;
		else if (!strcmp(key, "senders"))
			group->senders = n;
		else if (!strcmp(key, "window"))
			group->window = n;
		else if (!strcmp(key, "rate"))
			group->rate = number(key, part);
		else if (!strcmp(key, "stalled"))
			group->stalled = n;
		else if (!strcmp(key, "check"))
			group->check = n;
		else if (!strcmp(key, "storm"))
			group->storm = n;
		else if (!strcmp(key, "by"))
			parse_by(group, part);
		else
			die("unknown key of a group", key);
	}
	if (group->rooms == 0 || group->senders > GEN_SENDERS_MAX || group->stalled > group->receivers ||
	    group->storm > group->receivers || (group->window && group->rate > 0) || group->check == 0 ||
	    (group->check > 1 && (group->check > group->receivers || group->storm || group->stalled)))
		die("a group that cannot be", optarg);
}

static void parse_address(struct sockaddr_in *server, char *value)
{
	char *port = strrchr(value, ':');
	if (port)
		*port++ = 0;
	server->sin_family = AF_INET;
	if (!port || inet_pton(AF_INET, value, &server->sin_addr) != 1)
		die("an address is 127.x.y.z:PORT, not", value);
	if (ntohl(server->sin_addr.s_addr) >> 24 != 127)
		die("only loopback addresses are loaded, not", value);
	server->sin_port = htons((uint16_t)number("port", port));
}

static void parse_readers(struct gen *gen, char *value)
{
	if (gen->readers_count == GEN_READERS_MAX)
		die("too many --readers", value);
	parse_address(&gen->readers[gen->readers_count++], value);
}

static void parse_also(struct gen *gen, const char *value)
{
	if (gen->also_count == GEN_ALSO_MAX)
		die("too many --also", value);
	gen->also[gen->also_count++] = (pid_t)number("also", value);
}

static void parse_dialect(struct gen *gen, const char *name)
{
	static const struct dialect *const all[] = {&dialect_full,        &dialect_simple, &dialect_irc,
						    &dialect_irc_history, &dialect_nats,   &dialect_redis,
						    &dialect_raw};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (!strcmp(all[i]->name, name))
			gen->dialect = all[i];
	if (!gen->dialect)
		die("unknown dialect", name);
}

enum { OPT_SELF_TEST = 256 };

static const struct option options[] = {
    {"dialect", 1, 0, 'd'},
    {"connect", 1, 0, 'c'},
    {"readers", 1, 0, 'r'},
    {"group", 1, 0, 'g'},
    {"seconds", 1, 0, 's'},
    {"warmup", 1, 0, 'w'},
    {"size", 1, 0, 'b'},
    {"pid", 1, 0, 'p'},
    {"also", 1, 0, 'A'},
    {"spin", 0, 0, 'S'},
    {"sources", 1, 0, 'a'},
    {"burst", 1, 0, 'u'},
    {"idle", 0, 0, 'i'},
    {"storm", 0, 0, 't'},
    {"tls", 0, 0, 'T'},
    {"away", 1, 0, 'y'},
    {"help", 0, 0, 'h'},
    {"self-test", 0, 0, OPT_SELF_TEST},
    {0},
};

/* False: it is none. */
static bool parse_switch(struct gen *gen, int option)
{
	bool *on = option == 'S'   ? &gen->spin
		   : option == 'i' ? &gen->idle
		   : option == 'T' ? &gen->tls
		   : option == 't' ? &gen->storm
				   : NULL;
	if (on)
		*on = true;
	return on;
}

static void parse_option(struct gen *gen, int option)
{
	switch (option) {
	case 'd':
		parse_dialect(gen, optarg);
		break;
	case 'c':
		parse_address(&gen->server, optarg);
		break;
	case 'r':
		parse_readers(gen, optarg);
		break;
	case 'g':
		parse_group(gen, optarg);
		break;
	case 's':
		gen->seconds = number("seconds", optarg);
		break;
	case 'w':
		gen->warmup_seconds = number("warmup", optarg);
		break;
	case 'y':
		gen->away_seconds = number("away", optarg);
		break;
	case 'b':
		gen->text_bytes = (unsigned)number("size", optarg);
		break;
	case 'p':
		gen->pid = (pid_t)number("pid", optarg);
		break;
	case 'A':
		parse_also(gen, optarg);
		break;
	case 'a':
		gen->sources = (unsigned)number("sources", optarg);
		break;
	case 'u':
		gen->burst = (unsigned)number("burst", optarg);
		break;
	case OPT_SELF_TEST:
		exit(gen_selftest());
	case 'h':
		fputs(help, stdout);
		exit(0);
	default:
		if (!parse_switch(gen, option))
			exit(2);
	}
}

static void check_options(const struct gen *gen)
{
	unsigned rooms = 0;
	for (unsigned g = 0; g < gen->groups; g++)
		rooms += gen->group[g].rooms;
	if (!gen->dialect || gen->groups == 0 || gen->server.sin_port == 0)
		die("needed", "--dialect, --connect and at least one --group");
	if (gen->text_bytes < STAMP_TEXT_BYTES_MIN || gen->text_bytes > 4096)
		die("--size is 28 to 4096, not", "that");
	if (gen->sources == 0 || gen->sources > 200 || gen->burst == 0)
		die("out of range", "--sources or --burst");
	if (gen->dialect->one_room && rooms > 1)
		die("the simple form has only one room", "rooms");
}

int main(int argc, char **argv)
{
	static struct gen gen = {.text_bytes = 100,
				 .sources = 8,
				 .burst = 200,
				 .seconds = 5,
				 .warmup_seconds = 1,
				 .away_seconds = 1};
	struct rlimit limit;

	for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;)
		parse_option(&gen, option);
	check_options(&gen);
	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	/* Two runs against the same server must not meet in rooms, names or ids. */
	snprintf(gen.tag, sizeof gen.tag, "%05x",
		 (unsigned)((stamp_now_ns() >> 20) ^ (unsigned)getpid() << 4) & 0xfffff);
	gen_build(&gen);
	if (gen_join_all(&gen) < 0)
		return 1;
	if (gen.idle)
		gen_idle(&gen);
	else if (gen.storm)
		gen_storm(&gen);
	else
		gen_measure(&gen);
	gen_report(&gen, stdout);
	gen_free(&gen);
	return 0;
}
