// Emoji by name: for `:name:` in texts, for completion, and for the picker. Their table comes in a file
// of its own, so that the page stands before it; until it is there, no name is known.

import { signal } from '@preact/signals';

export interface Emoji {
  name: string;
  emoji: string;
}

export interface EmojiGroup {
  group: string;
  list: Emoji[];
}

// A view that asked for a name too early is drawn again when the table is there.
const byName = signal(new Map<string, string>());
let loading: Promise<EmojiGroup[]> | null = null;

function parse(table: readonly [string, string][]): EmojiGroup[] {
  const names = new Map<string, string>();
  const groups = table.map(([group, words]) => {
    const list: Emoji[] = [];
    const parts = words.split(' ');
    for (let at = 0; at + 1 < parts.length; at += 2) {
      const name = parts[at]!;
      const emoji = parts[at + 1]!;
      if (!list.some((other) => other.emoji === emoji)) list.push({ name, emoji });
      names.set(name, emoji);
    }
    return { group, list };
  });
  byName.value = names;
  return groups;
}

// Asked for again after a failure, and only then.
export function loadEmoji(): Promise<EmojiGroup[]> {
  loading ??= import('./emoji-table.ts').then(
    ({ table }) => parse(table),
    (error: unknown) => {
      loading = null;
      throw error;
    },
  );
  return loading;
}

export const quickReactions = ['👍', '❤️', '😂', '🎉', '😮', '🙏'];

export function emojiByName(name: string): string | undefined {
  return byName.value.get(name);
}

// `:name:` in what is about to be sent becomes the emoji itself, so that every client shows it.
// Code stays as it was written.
export function withEmoji(text: string): string {
  return text
    .split(/(```[\s\S]*?```|`[^`\n]*`)/)
    .map((part, at) => (at % 2 ? part : part.replace(/(?<![\p{L}\p{N}_:]):([a-z0-9_+-]{1,32}):/gu, (all, name) => byName.value.get(name) ?? all)))
    .join('');
}

export function searchEmoji(typed: string, limit = 8): Emoji[] {
  const begins: Emoji[] = [];
  const contains: Emoji[] = [];
  for (const [name, emoji] of byName.value) {
    if (name.startsWith(typed)) begins.push({ name, emoji });
    else if (name.includes(typed)) contains.push({ name, emoji });
  }
  return [...begins, ...contains].slice(0, limit);
}
