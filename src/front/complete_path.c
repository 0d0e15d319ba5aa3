#include "front/complete_path.h"

#include "base/memory.h"
#include "base/text/utf8.h"
#include "client/clean.h"
#include "client/file_words.h"
#include "client/saved_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOWN_MAX 40 /* listed */

struct path_search {
	struct buffer *list;
	const char *begin; /* what is typed of the name */
	char *common;      /* what all of them begin with; NULL: there is none */
	size_t count;
	bool is_folder; /* the last one that was found */
};

/* A name that cannot be typed, or would drive the terminal, is left out. */
static bool is_typed(const char *name)
{
	struct buffer clean = BUFFER_EMPTY;
	clean_word(&clean, name);
	bool is_same = utf8_valid(name, strlen(name)) && !strcmp(buffer_string(&clean), name);
	buffer_release(&clean);
	return is_same;
}

static void take_name(struct path_search *search, int folder, const char *name)
{
	struct stat about;
	bool is_wanted = !strncmp(name, search->begin, strlen(search->begin)) &&
			 (*name != '.' || *search->begin == '.') && strcmp(name, ".") != 0 &&
			 strcmp(name, "..") != 0 && is_typed(name);
	if (!is_wanted)
		return;
	search->is_folder = !fstatat(folder, name, &about, 0) && S_ISDIR(about.st_mode);
	if (search->count < SHOWN_MAX)
		buffer_printf(search->list, "%s%s%s", search->count ? ", " : "", name,
			      search->is_folder ? "/" : "");
	search->count++;
	if (!search->common) {
		search->common = mem_string(name);
		return;
	}
	size_t same = 0;
	while (search->common[same] && search->common[same] == name[same])
		same++;
	search->common[utf8_prefix(search->common, strlen(search->common), same)] = '\0';
}

static void look_into(struct path_search *search, const char *folder)
{
	char *path = saved_file_expand(*folder ? folder : ".");
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < count; i++) {
		take_name(search, fd, names[i]->d_name);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	if (fd >= 0)
		close(fd);
	free(path);
}

void complete_path(const char *word, struct completion *completion)
{
	struct buffer plain = BUFFER_EMPTY;
	const char *at = word;
	file_words_next(&at, &plain);
	char *folder = mem_string(buffer_string(&plain)), *slash = strrchr(folder, '/');
	char *begin = mem_string(slash ? slash + 1 : folder);
	folder[slash ? slash - folder + 1 : 0] = '\0';
	struct path_search search = {.list = &completion->list, .begin = begin};
	look_into(&search, folder);
	completion->replaced = strlen(word);
	if (search.count) {
		file_words_add(&completion->text, folder);
		file_words_add(&completion->text, search.common);
		if (search.count == 1)
			buffer_add_char(&completion->text, search.is_folder ? '/' : ' ');
	}
	if (search.count < 2)
		buffer_clear(&completion->list);
	free(search.common);
	free(begin);
	free(folder);
	buffer_release(&plain);
}
