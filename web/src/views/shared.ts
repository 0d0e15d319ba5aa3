// Content that another application shared with this page, which the service worker kept (sw.ts): the user chooses the
// room that it goes to, then it stands in that room's next message.

import type { Client } from '../app/client.ts';
import { attach } from './attaching.ts';
import { t } from '../text.ts';

const SHARED = 'brusio-shared';

interface Shared {
  text: string;
  files: File[];
  // The names of those that the worker had no room for.
  lost: string[];
}

async function readShared(): Promise<Shared | null> {
  // Browsers have it on https and localhost alone.
  if (!('caches' in window) || !(await caches.has(SHARED))) return null;
  const cache = await caches.open(SHARED);
  const shared: Shared = { text: '', files: [], lost: [] };
  for (const request of await cache.keys()) {
    const kept = await cache.match(request);
    if (!kept) continue;
    const name = decodeURIComponent(kept.headers.get('X-Name') ?? '');
    if (!name) shared.text = await kept.text();
    else if (kept.headers.has('X-Lost')) shared.lost.push(name);
    else shared.files.push(new File([await kept.blob()], name, { type: kept.headers.get('Content-Type') ?? '' }));
  }
  return shared;
}

function write(text: string): void {
  const box = document.querySelector<HTMLTextAreaElement>('#composer-text');
  if (!box || !text) return;
  box.value = box.value ? `${box.value}\n${text}` : text;
  box.dispatchEvent(new Event('input', { bubbles: true }));
}

// Called once for each page that comes in. What is shared is kept until its room is chosen.
export async function lookForShared(client: Client): Promise<void> {
  const { state } = client;
  const shared = await readShared();
  if (!shared || state.phase.value !== 'chat') return;
  state.openDialog('switcher');
  const put = async () => {
    // Another page may have taken it, or its reader signed out.
    if (!(await caches.delete(SHARED)) || !state.active.value) return;
    write(shared.text);
    if (shared.files.length) await attach(client, state.active.value, shared.files);
    for (const name of shared.lost) state.say(t('error.unreadable', { name }), 'problem');
  };
  const stop = state.dialog.subscribe((dialog) => {
    if (dialog !== 'none') return;
    // The chosen room is drawn first.
    setTimeout(() => {
      stop();
      void put();
    });
  });
}
