// What another application shared with this page, which the service worker kept (sw.ts): its reader chooses
// the room that it goes to, then it stands in that room's next message.

import type { Client } from '../app/client.ts';
import { attach } from './attaching.ts';

const SHARED = 'brusio-shared';

async function takeShared(): Promise<{ text: string; files: File[] } | null> {
  // Browsers have it on https and localhost alone.
  if (!('caches' in window) || !(await caches.has(SHARED))) return null;
  const cache = await caches.open(SHARED);
  let text = '';
  const files: File[] = [];
  for (const request of await cache.keys()) {
    const kept = await cache.match(request);
    if (!kept) continue;
    const name = kept.headers.get('X-Name');
    if (name === null) text = await kept.text();
    else files.push(new File([await kept.blob()], decodeURIComponent(name), { type: kept.headers.get('Content-Type') ?? '' }));
  }
  await caches.delete(SHARED);
  return text || files.length ? { text, files } : null;
}

function write(text: string): void {
  const box = document.querySelector<HTMLTextAreaElement>('#composer-text');
  if (!box || !text) return;
  box.value = box.value ? `${box.value}\n${text}` : text;
  box.dispatchEvent(new Event('input', { bubbles: true }));
}

export async function lookForShared(client: Client): Promise<void> {
  const { state } = client;
  const shared = await takeShared();
  if (!shared) return;
  state.openDialog('switcher');
  const stop = state.dialog.subscribe((dialog) => {
    if (dialog !== 'none') return;
    // The chosen room is drawn first.
    setTimeout(() => {
      stop();
      write(shared.text);
      if (state.active.value) void attach(client, state.active.value, shared.files);
    });
  });
}
