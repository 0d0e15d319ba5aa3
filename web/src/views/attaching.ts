// Puts files into the room's next message, as far as the server's bounds allow.

import type { Client } from '../app/client.ts';
import type { Room } from '../app/room.ts';
import { FILES_MAX, kindOf, sizeText } from '../model/files.ts';
import type { OutFile } from '../model/outbox.ts';
import { randomId } from '../net/random.ts';
import { language, t } from '../text.ts';

// A folder that is dropped looks like a file, and cannot be read.
async function isReadable(file: File): Promise<boolean> {
  return file.slice(0, 1).arrayBuffer().then(
    () => true,
    () => false,
  );
}

async function outFileOf(file: File): Promise<OutFile> {
  const facts: OutFile = { key: randomId(8), file: '', blob: file, name: file.name || 'file', bytes: file.size, type: file.type };
  if (kindOf(facts) !== 'picture') return facts;
  try {
    // The size that it will have: nothing moves when the message is drawn.
    const bitmap = await createImageBitmap(file);
    const { width, height } = bitmap;
    bitmap.close();
    return { ...facts, width, height };
  } catch {
    // A browser cannot draw it, whatever it is.
    return { ...facts, type: '' };
  }
}

export async function attach({ state }: Client, room: Room, list: readonly File[]): Promise<void> {
  const max = state.fileBytes.value;
  const readable = await Promise.all(list.map(isReadable));
  const fitting = list.filter((file, at) => readable[at] && file.size <= max);
  const lost = list.find((_, at) => !readable[at]);
  if (lost) state.say(t('error.unreadable', { name: lost.name }), 'problem');
  const large = list.find((file) => file.size > max);
  if (large) state.say(t('files.too_large', { name: large.name, max: sizeText(max, language()) }), 'problem');
  const left = Math.max(0, FILES_MAX - room.files.value.length);
  if (fitting.length > left) state.say(t('files.too_many', { max: FILES_MAX }), 'problem');
  const files: OutFile[] = [];
  // One after the other: each picture takes four bytes a point while it is measured.
  for (const file of fitting.slice(0, left)) files.push(await outFileOf(file));
  room.files.value = [...room.files.value, ...files].slice(0, FILES_MAX);
  document.getElementById('composer-text')?.focus();
}
