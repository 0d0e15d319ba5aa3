#include "front/styled.h"

#include "base/memory.h"
#include "front/links.h"
#include "front/wrap.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void forget_links(struct styled *styled)
{
	while (styled->link_count)
		free(styled->links[--styled->link_count]);
}

void styled_release(struct styled *styled)
{
	forget_links(styled);
	free(styled->links);
	buffer_release(&styled->text);
	free(styled->runs);
	free(styled->rows);
	*styled = (struct styled){0};
}

void styled_clear(struct styled *styled)
{
	forget_links(styled);
	buffer_clear(&styled->text);
	styled->run_count = styled->row_count = 0;
}

static void add_run(struct styled *styled, const char *text, size_t bytes, struct style style)
{
	styled->runs =
	    mem_grow(styled->runs, &styled->run_capacity, styled->run_count + 1, sizeof *styled->runs);
	styled->runs[styled->run_count++] = (struct styled_run){buffer_length(&styled->text), style};
	buffer_add(&styled->text, text, bytes);
}

void styled_add(struct styled *styled, const char *text, struct style style)
{
	add_run(styled, text, strlen(text), style);
}

void styled_add_linked(struct styled *styled, const char *text, struct style style, struct style link)
{
	assert(!style.link);
	const char *found;
	size_t bytes;
	for (; (found = links_find(text, &bytes)) && styled->link_count < UINT16_MAX; text = found + bytes) {
		struct buffer address = BUFFER_EMPTY;
		links_write(&address, found, bytes);
		styled->links = mem_grow(styled->links, &styled->link_capacity, styled->link_count + 1,
					 sizeof *styled->links);
		styled->links[styled->link_count++] = mem_string(buffer_string(&address));
		buffer_release(&address);
		link.link = (uint16_t)styled->link_count;
		link.foreground = link.foreground ? link.foreground : style.foreground;
		link.attributes |= style.attributes;
		add_run(styled, text, (size_t)(found - text), style);
		add_run(styled, found, bytes, link);
	}
	add_run(styled, text, strlen(text), style);
}

void styled_printf(struct styled *styled, struct style style, const char *format, ...)
{
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	styled_add(styled, text, style);
}

size_t styled_indent(size_t width, size_t indent)
{
	return indent + 8 > width ? 1 : indent;
}

void styled_wrap(struct styled *styled, size_t width, size_t indent)
{
	const char *text = buffer_string(&styled->text);
	size_t length = buffer_length(&styled->text), at = 0;
	bool is_broken = false;
	width = width > 2 ? width : 3;
	indent = indent ? styled_indent(width, indent) : 0;
	styled->row_count = 0;
	do {
		size_t next, own = is_broken ? indent : 0;
		size_t bytes = wrap_row(text + at, length - at, width - own, &next);
		styled->rows = mem_grow(styled->rows, &styled->row_capacity, styled->row_count + 1,
					sizeof *styled->rows);
		styled->rows[styled->row_count++] = (struct styled_row){at, bytes, own};
		is_broken = next && text[at + next - 1] != '\n';
		at += next;
	} while (at < length);
}

void styled_draw(const struct styled *styled, size_t index, struct grid *grid, size_t row, size_t column,
		 size_t width, struct style more)
{
	assert(index < styled->row_count && styled->run_count);
	const struct styled_row *part = &styled->rows[index];
	const char *text = buffer_bytes(&styled->text);
	size_t used = part->indent, end = part->from + part->bytes;
	grid_fill(grid, row, column, width, more);
	for (size_t i = 0; i < styled->run_count; i++) {
		size_t from = styled->runs[i].from;
		size_t to = i + 1 < styled->run_count ? styled->runs[i + 1].from : end;
		from = from > part->from ? from : part->from;
		to = to < end ? to : end;
		if (from >= to || used >= width)
			continue;
		struct style style = styled->runs[i].style;
		style.attributes |= more.attributes;
		style.foreground = more.foreground ? more.foreground : style.foreground;
		style.background = style.background ? style.background : more.background;
		style.link = style.link ? grid_link(grid, styled->links[style.link - 1]) : 0;
		used += grid_put(grid, row, column + used, width - used, text + from, to - from, style);
	}
}
