#include "store/sqlite/sqlite_tokenizer.h"

#include "base/text/words.h"

#include <stddef.h>

struct tokens {
	void *context;
	int (*token)(void *context, int flags, const char *token, int bytes, int start, int end);
};

/* There is nothing to remember: all tokenizers are this one. */
static char the_tokenizer;

static int create(void *context, const char **arguments, int count, Fts5Tokenizer **made)
{
	(void)context;
	(void)arguments;
	(void)count;
	*made = (Fts5Tokenizer *)(void *)&the_tokenizer;
	return SQLITE_OK;
}

static void delete (Fts5Tokenizer *tokenizer)
{
	(void)tokenizer;
}

/* The place of a word in the text is only for highlighting, which needs the text; the index has none. */
static int show_word(void *context, const char *word, size_t bytes, bool is_same_place)
{
	struct tokens *tokens = context;
	return tokens->token(tokens->context, is_same_place ? FTS5_TOKEN_COLOCATED : 0, word, (int)bytes, 0,
			     0);
}

static int tokenize(Fts5Tokenizer *tokenizer, void *context, int flags, const char *text, int bytes,
		    int (*token)(void *context, int flags, const char *token, int bytes, int start, int end))
{
	(void)tokenizer;
	struct tokens tokens = {context, token};
	enum words_mode mode = flags & FTS5_TOKENIZE_QUERY ? WORDS_OF_QUERY : WORDS_OF_TEXT;
	return words_split(text ? text : "", (size_t)bytes, mode, show_word, &tokens);
}

static fts5_api *api_of(sqlite3 *db)
{
	fts5_api *api = NULL;
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &statement, NULL) != SQLITE_OK)
		return NULL;
	sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", NULL);
	sqlite3_step(statement);
	sqlite3_finalize(statement);
	return api;
}

int sqlite_tokenizer_register(sqlite3 *db)
{
	static fts5_tokenizer tokenizer = {create, delete, tokenize};
	fts5_api *api = api_of(db);
	return api ? api->xCreateTokenizer(api, SQLITE_TOKENIZER, NULL, &tokenizer, NULL) : SQLITE_ERROR;
}
