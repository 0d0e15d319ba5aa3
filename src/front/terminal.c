#include "front/terminal.h"

#include "client/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Alt comes as Escape before the key. With what xterm does unless told otherwise, Alt+1 is the letter "±". It may
 * be the user's own choice, so it is kept and put back. */
#define ALT_ON  "\033[?1036;1039s\033[?1036;1039h"
#define ALT_OFF "\033[?1036;1039r"
/* Pasted text comes marked; modifyOtherKeys tells Shift+Enter from Enter, and kitty's protocol does where it
 * is known: a terminal ignores what it does not know. */
#define PASTE_ON  "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define LINE_ON   ALT_ON PASTE_ON
#define LINE_OFF  PASTE_OFF ALT_OFF "\033[?7h"
/* Another screen, focus, kitty's keys, the title kept; and mouse buttons with drags, their places in numbers. */
#define FULL_ON   "\033[?1049h\033[22;2t\033[?1004h" ALT_ON PASTE_ON "\033[>4;1m\033[>1u\033[2J"
#define MOUSE_ON  "\033[?1002h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1002l"
#define FULL_OFF                                                    \
	"\033[<u\033[>4m" PASTE_OFF ALT_OFF "\033[?1004l" MOUSE_OFF \
	"\033[23;2t\033[?7h\033[?25h\033[m\033[?1049l"

/* ISO 2022's words for "now UTF-8" and "no longer". Programs that write ASCII alone need no word of that. */
#define UTF8_ON  "\033%G"
#define UTF8_OFF "\033%@"

static struct termios saved;
static bool is_told_utf8, is_ascii;
static volatile sig_atomic_t is_saved, modes_now;

void terminal_restore(void)
{
	if (is_saved)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	is_saved = 0;
}

static void crash(int number)
{
	static const char line[] = LINE_OFF "\r\n", full[] = FULL_OFF "\r\n";
	const char *leave = modes_now ? full : line;
	size_t length = modes_now ? sizeof full - 1 : sizeof line - 1;
	if (is_saved && write(STDOUT_FILENO, leave, length) < 0)
		_exit(128 + number);
	if (is_saved)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	/* The handler was good for one time: the signal now has its default effect. */
	raise(number);
}

void terminal_save(void)
{
	static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	is_saved = !tcgetattr(STDIN_FILENO, &saved);
	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
		struct sigaction old, action = {.sa_handler = crash, .sa_flags = SA_RESETHAND | SA_NODEFER};
		sigemptyset(&action.sa_mask);
		/* A sanitizer's handler has more to say than ours. */
		if (!sigaction(fatal[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(fatal[i], &action, NULL);
	}
}

static void write_string(const char *text)
{
	struct buffer bytes = BUFFER_EMPTY;
	buffer_add_string(&bytes, text);
	terminal_write(&bytes);
}

void terminal_speaks(const char *codeset)
{
	is_told_utf8 = strcmp(codeset, "UTF-8") != 0;
	is_ascii = !strcmp(codeset, "ANSI_X3.4-1968");
}

bool terminal_begin(unsigned modes)
{
	struct termios raw = saved;
	if (!is_saved)
		return false;
	raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | ISTRIP | IXON | IXOFF);
	raw.c_oflag &= ~(tcflag_t)OPOST;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
		return false;
	modes_now = (sig_atomic_t)modes;
	if (is_told_utf8)
		write_string(UTF8_ON);
	write_string(modes & TERMINAL_FULL ? FULL_ON : LINE_ON);
	if (modes & TERMINAL_MOUSE)
		write_string(MOUSE_ON);
	return true;
}

void terminal_end(void)
{
	write_string(modes_now & TERMINAL_FULL ? FULL_OFF : LINE_OFF);
	if (is_told_utf8 && !is_ascii)
		write_string(UTF8_OFF);
	if (is_saved)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
}

void terminal_again(void)
{
	terminal_begin((unsigned)modes_now);
}

void terminal_stop(void)
{
	if (!(modes_now & TERMINAL_FULL))
		write_string("\r\n");
	terminal_end();
	signals_stop();
	terminal_again();
}

bool terminal_write(struct buffer *bytes)
{
	bool is_there = true;
	while (buffer_length(bytes) && is_there) {
		ssize_t wrote = write(STDOUT_FILENO, buffer_bytes(bytes), buffer_length(bytes));
		if (wrote > 0)
			buffer_take(bytes, (size_t)wrote);
		else if (wrote < 0 && errno == EAGAIN) /* somebody made the terminal non-blocking */
			poll(&(struct pollfd){.fd = STDOUT_FILENO, .events = POLLOUT}, 1, -1);
		else if (wrote < 0 && errno != EINTR)
			is_there = false;
	}
	buffer_release(bytes);
	return is_there;
}

void terminal_size(size_t *columns, size_t *rows)
{
	struct winsize size;
	bool is_known = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*columns = is_known && size.ws_col ? size.ws_col : 80;
	*rows = is_known && size.ws_row ? size.ws_row : 24;
}

bool terminal_cell(unsigned *width, unsigned *height)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row)
		return false;
	*width = size.ws_xpixel / size.ws_col;
	*height = size.ws_ypixel / size.ws_row;
	return *width && *height;
}

static bool is_one_of(const char *kind, const char *const *kinds)
{
	while (*kinds && strcmp(kind, *kinds) != 0)
		kinds++;
	return *kinds != NULL;
}

bool terminal_has_colour(void)
{
	static const char *const without[] = {"dumb",       "vt100",   "vt102", "vt220",
					      "xterm-mono", "linux-m", NULL};
	const char *no_colour = getenv("NO_COLOR"), *kind = getenv("TERM");
	return !(no_colour && *no_colour) && kind && !is_one_of(kind, without);
}

bool terminal_can_draw(void)
{
	const char *kind = getenv("TERM");
	return kind && *kind && strcmp(kind, "dumb") != 0;
}

bool terminal_can_fill(void)
{
	/* Old ones have no second screen, or print what they do not know. */
	static const char *const lines_only[] = {"vt52",   "vt100", "vt102",   "ansi",
						 "cons25", "emacs", "unknown", NULL};
	const char *kind = getenv("TERM");
	return kind && terminal_can_draw() && !is_one_of(kind, lines_only);
}

bool terminal_has_strings(void)
{
	const char *kind = getenv("TERM");
	return kind && strcmp(kind, "linux") != 0;
}

enum preferences_desktop terminal_notifies(void)
{
	static const struct {
		const char *begin;
		enum preferences_desktop kind;
	} known[] = {{"xterm-kitty", DESKTOP_OSC99},   {"foot", DESKTOP_OSC777},
		     {"rxvt-unicode", DESKTOP_OSC777}, {"xterm-ghostty", DESKTOP_OSC777},
		     {"wezterm", DESKTOP_OSC777},      {"contour", DESKTOP_OSC777}};
	const char *kind = getenv("TERM"), *program = getenv("TERM_PROGRAM");
	for (size_t i = 0; kind && i < sizeof known / sizeof *known; i++)
		if (!strncmp(kind, known[i].begin, strlen(known[i].begin)))
			return known[i].kind;
	if (program && !strcmp(program, "WezTerm"))
		return DESKTOP_OSC777;
	return program && !strcmp(program, "iTerm.app") ? DESKTOP_OSC9 : DESKTOP_OFF;
}
