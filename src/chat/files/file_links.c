#include "chat/files/file_links.h"

#include "base/file.h"
#include "base/memory.h"
#include "chat/answer.h"
#include "chat/errand.h"
#include "chat/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct file_links {
	void (*then)(struct chat *chat, struct request *request);
	struct file file; /* that is looked at */
	size_t at;        /* in the ids of the request, behind that file */
	char kept[LIMIT_FILES * FILE_ID_BYTES];
	bool has_others;
};

static void end_links(struct chat *chat, struct request *request, struct file_links *links)
{
	void (*then)(struct chat *, struct request *) = links->then;
	/* The ids that are kept fit, since they are some of those that stood there. */
	strcpy((char *)(uintptr_t)request->text[REQUEST_TEXT_FILES], links->kept);
	if (!*links->kept)
		request->text[REQUEST_TEXT_FILES] = NULL;
	if (links->has_others || !*links->kept)
		request->text[REQUEST_TEXT_MESSAGE] = request->unlinked;
	request->is_linked = true;
	free(links);
	then(chat, request);
}

static void ask_next(struct chat *chat, struct request *request, struct file_links *links);

static void then_link_found(struct chat *chat, struct question *question)
{
	struct file_links *links = question->context;
	struct request *request = question->request;
	const struct user *user = request->peer->user;
	if (question->query.result == STORE_FAILED) {
		free(links);
		answer_read_failed(chat, request);
		return;
	}
	bool is_free =
	    question->query.result == STORE_OK && user && links->file.owner == user->id && !links->file.entry;
	if (is_free)
		snprintf(links->kept + strlen(links->kept), FILE_ID_BYTES + 1, "%s%s",
			 *links->kept ? " " : "", links->file.id);
	links->has_others |= !is_free;
	ask_next(chat, request, links);
}

static void ask_next(struct chat *chat, struct request *request, struct file_links *links)
{
	const char *ids = request->text[REQUEST_TEXT_FILES];
	size_t bytes = ids ? strcspn(ids + links->at, " ") : 0;
	if (!bytes) {
		end_links(chat, request, links);
		return;
	}
	struct store_query query = {.question = STORE_FIND_FILE, .file = &links->file};
	snprintf(query.text, sizeof query.text, "%.*s", (int)bytes, ids + links->at);
	links->at += bytes + (ids[links->at + bytes] == ' ');
	question_ask(chat, request, &query, then_link_found, links);
}

void file_links_settle(struct chat *chat, struct request *request,
		       void (*then)(struct chat *chat, struct request *request))
{
	struct file_links *links = mem_zero(sizeof *links);
	links->then = then;
	ask_next(chat, request, links);
}
