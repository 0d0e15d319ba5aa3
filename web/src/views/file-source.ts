// The address under which the page reads a file: the server's own path, which needs no proof of who
// asks; or a blob, of a file that was sent from here, or that is read with the session.

import type { Client } from '../app/client.ts';
import type { OutFile } from '../model/outbox.ts';
import type { FileFacts } from '../model/protocol.ts';

// So many bytes of what was read stay in memory; the oldest go first.
const HELD_BYTES_MAX = 64 << 20;

interface Held {
  url: string;
  bytes: number;
  // Not sent yet: the page's one copy that is drawn, whatever its size.
  stays: boolean;
}

// By the file's id, or by its key as long as it has none.
const held = new Map<string, Held>();
let watched: Client | null = null;

function isOut(file: FileFacts): file is OutFile {
  return 'blob' in file;
}

function keyOf(file: FileFacts): string {
  return 'key' in file ? String(file.key) : '';
}

function drop(name: string): void {
  const kept = held.get(name);
  if (!kept) return;
  held.delete(name);
  URL.revokeObjectURL(kept.url);
}

// Somebody signed out: the next one at this page gets nothing of theirs.
function watch(client: Client): void {
  if (watched === client) return;
  watched = client;
  client.state.phase.subscribe((phase) => {
    if (phase === 'sign-in') for (const name of [...held.keys()]) drop(name);
  });
}

function hold(client: Client, file: FileFacts, blob: Blob): string {
  watch(client);
  const name = file.file || keyOf(file);
  const url = URL.createObjectURL(blob);
  held.set(name, { url, bytes: blob.size, stays: isOut(file) });
  const read = [...held].filter(([, { stays }]) => !stays);
  let bytes = read.reduce((sum, [, one]) => sum + one.bytes, 0);
  for (const [oldest, one] of read) {
    if (bytes <= HELD_BYTES_MAX || oldest === name) break;
    drop(oldest);
    bytes -= one.bytes;
  }
  return url;
}

// The address that can be had at once; null where the file has to be read first.
export function sourceOf(client: Client, file: FileFacts): string | null {
  const key = keyOf(file);
  const waited = held.get(key);
  if (waited && file.file) {
    // From now on it has its id, by which the stored message names it.
    held.delete(key);
    held.set(file.file, waited);
  }
  const kept = held.get(file.file || key);
  if (kept) {
    kept.stays &&= isOut(file);
    return kept.url;
  }
  if (isOut(file)) return hold(client, file, file.blob);
  return file.url?.startsWith('/f/') ? file.url : null;
}

// The page has its bytes, as of one that was sent from here.
export function isHeld(file: FileFacts): boolean {
  return held.has(file.file) || held.has(keyOf(file));
}

// A file that was deleted or taken back is nowhere in the page.
export function forget(file: FileFacts): void {
  drop(keyOf(file));
  // Also its previews.
  for (const name of [...held.keys()]) if (name.split('?')[0] === file.file) drop(name);
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
  return hold(client, file, await answer.blob());
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
  const known = sourceOf(client, file);
  const link = document.createElement('a');
  link.href = known?.startsWith('/') ? `${known}?download` : (known ?? (await fetchSource(client, file)));
  link.download = file.name;
  document.body.append(link);
  link.click();
  link.remove();
}
