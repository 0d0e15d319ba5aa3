// The address under which the page reads a file: the server's own path, which needs no proof of who
// asks; or a blob, of a file that was sent from here, or that is read with the session.

import type { Client } from '../app/client.ts';
import type { OutFile } from '../model/outbox.ts';
import type { FileFacts } from '../model/protocol.ts';

// So many bytes stay in memory; the oldest go first.
const HELD_BYTES_MAX = 64 << 20;

interface Held {
  url: string;
  bytes: number;
}

// By the file's id, or by its key as long as it has none.
const held = new Map<string, Held>();

function hold(name: string, blob: Blob): string {
  const url = URL.createObjectURL(blob);
  held.set(name, { url, bytes: blob.size });
  let bytes = [...held.values()].reduce((sum, one) => sum + one.bytes, 0);
  for (const [oldest, one] of held) {
    if (bytes <= HELD_BYTES_MAX || oldest === name) break;
    held.delete(oldest);
    bytes -= one.bytes;
    URL.revokeObjectURL(one.url);
  }
  return url;
}

function isOut(file: FileFacts): file is OutFile {
  return 'blob' in file;
}

// What can be had at once; null where it has to be read first.
export function sourceOf(file: FileFacts): string | null {
  const key = 'key' in file ? String(file.key) : '';
  const kept = held.get(key);
  if (kept && file.file) {
    // From now on it has its id, by which the stored message names it.
    held.delete(key);
    held.set(file.file, kept);
  }
  const url = held.get(file.file)?.url ?? kept?.url ?? (isOut(file) ? hold(file.file || key, file.blob) : null);
  if (url) return url;
  return file.url?.startsWith('/f/') ? file.url : null;
}

// A file that was deleted is nowhere in the page.
export function forget(file: FileFacts): void {
  const kept = held.get(file.file);
  if (!kept) return;
  held.delete(file.file);
  URL.revokeObjectURL(kept.url);
}

// Somebody signed out: the next one at this page gets nothing of theirs.
export function forgetAll(): void {
  for (const { url } of held.values()) URL.revokeObjectURL(url);
  held.clear();
}

function pathOf(file: FileFacts): string {
  return file.url?.startsWith('/') ? file.url : `/files/${file.file}`;
}

export function request({ session }: Client, file: FileFacts, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  const path = pathOf(file);
  const proof: Record<string, string> = path.startsWith('/files/') ? { Authorization: `Bearer ${session.secret}` } : {};
  return fetch(path, { method, headers: { ...headers, ...proof } });
}

export async function fetchSource(client: Client, file: FileFacts): Promise<string> {
  const answer = await request(client, file);
  if (!answer.ok) throw new Error(String(answer.status));
  return hold(file.file, await answer.blob());
}

// Why a file is not shown: it is not there any more, or only now it cannot be had.
export async function isMissing(client: Client, file: FileFacts): Promise<boolean> {
  try {
    const { status } = await request(client, file, {}, 'HEAD');
    return status === 404 || status === 410;
  } catch {
    return false;
  }
}

// The browser saves it under its own name.
export async function save(client: Client, file: FileFacts): Promise<void> {
  const known = sourceOf(file);
  const link = document.createElement('a');
  link.href = known?.startsWith('/') ? `${known}?download` : (known ?? (await fetchSource(client, file)));
  link.download = file.name;
  document.body.append(link);
  link.click();
  link.remove();
}
