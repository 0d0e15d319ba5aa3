// Keeps the page's own files, and nothing else, so that it opens without a network. What another application
// shares waits here until the page takes it (views/shared.ts).
// What they are and which build they belong to is written in by build.mjs.

/// <reference lib="webworker" />

declare const SHELL: string[];
declare const BUILD: string;

const worker = self as unknown as ServiceWorkerGlobalScope;
const cacheName = `brusio-${BUILD}`;
const SHARED = 'brusio-shared';
// By what this browser is told: app/pushing.ts.
const PUSHED = 'brusio-push';
// The most files that a message can have, and the most bytes that a phone keeps without asking.
const SHARED_FILES_MAX = 10;
const SHARED_BYTES_MAX = 256 << 20;

worker.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(cacheName)
      .then((cache) => cache.addAll(SHELL))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => ![cacheName, SHARED, PUSHED].includes(name)).map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()),
  );
});

// The page itself comes from the server where there is one, so a new build is seen at once; its
// files have a hash in their names and never change.
worker.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method === 'POST' && url.origin === worker.location.origin && url.pathname === '/share') {
    event.respondWith(keepShared(event.request));
    return;
  }
  if (event.request.method !== 'GET' || url.origin !== worker.location.origin) return;
  if (event.request.mode === 'navigate' && url.pathname === '/') {
    event.respondWith(fetch(event.request).catch(async () => (await caches.match('/')) ?? Response.error()));
  } else if (SHELL.includes(url.pathname)) {
    event.respondWith(caches.match(url.pathname).then((kept) => kept ?? fetch(event.request)));
  }
});

// The page opens in any case; of a file that is beyond the bounds, or that the browser does not keep, it
// gets the name.
async function keepShared(request: Request): Promise<Response> {
  try {
    const form = await request.formData();
    await caches.delete(SHARED);
    const cache = await caches.open(SHARED);
    const said = ['title', 'text', 'url'].map((name) => String(form.get(name) ?? '')).filter(Boolean);
    await cache.put('/shared/text', new Response(said.join('\n')));
    let bytes = 0;
    for (const [at, file] of form.getAll('files').entries()) {
      if (typeof file === 'string') continue;
      const headers = { 'Content-Type': file.type || 'application/octet-stream', 'X-Name': encodeURIComponent(file.name || 'file') };
      const lose = () => cache.put(`/shared/${at}`, new Response('', { headers: { ...headers, 'X-Lost': '1' } }));
      bytes += file.size;
      if (at >= SHARED_FILES_MAX || bytes > SHARED_BYTES_MAX) await lose();
      else await cache.put(`/shared/${at}`, new Response(file, { headers })).catch(lose);
    }
  } catch {
    // There is no room even for that.
  }
  return Response.redirect('/', 303);
}

// A push of the server while nobody looks at a page: the message of a room, which the next one of the same room replaces.
interface Told {
  // So many messages of the room were told since a page was seen.
  count?: number;
  room: string;
  seq: number;
  title: string;
  body: string;
}

worker.addEventListener('push', (event) => {
  const told = event.data?.json() as Told;
  const icon = SHELL.find((path) => /^\/icon-192\b/.test(path)) ?? '';
  const { room, seq, title, body } = told;
  // Browsers want a notification for each push, and the same tag again would be silent without renotify.
  event.waitUntil(
    worker.registration.getNotifications().then(async (shown) => {
      const counts = new Map(shown.map(({ data }) => [(data as Told | null)?.room, (data as Told | null)?.count ?? 0]));
      const count = (counts.get(room) ?? 0) + 1;
      counts.set(room, count);
      const options = { body, icon, tag: room, renotify: true, data: { room, seq, count } } as NotificationOptions;
      await worker.registration.showNotification(title, options);
      // The page sets it anew when it is opened: app/notify.ts.
      const { navigator } = worker as unknown as { navigator: Partial<Navigator> };
      await navigator.setAppBadge?.([...counts.values()].reduce((sum, one) => sum + one, 0)).catch(() => undefined);
    }),
  );
});

interface Pushed {
  hello: { token: string };
  push: Record<string, unknown>;
}

// The push service gave this browser another address, maybe long after a page was open: the server is told here.
async function subscribeAgain(given: PushSubscription | null, old: PushSubscription | null): Promise<void> {
  const kept = await caches.match('/pushed', { cacheName: PUSHED });
  if (!kept) return;
  const { hello, push } = (await kept.json()) as Pushed;
  const key = old?.options.applicationServerKey ?? ((await (await fetch('/api/server')).json()) as { push?: string }).push ?? null;
  const manager = worker.registration.pushManager;
  const { endpoint, keys } = (given ?? (await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key }))).toJSON();
  const socket = new WebSocket(`${worker.location.protocol === 'https:' ? 'wss' : 'ws'}://${worker.location.host}/ws`);
  await new Promise<void>((resolve) => {
    const say = (object: object) => socket.send(JSON.stringify(object));
    socket.onopen = () => say({ op: 'hello', id: 'hello', ...hello, device: 'push', client: 'brusio-web' });
    socket.onclose = () => resolve();
    socket.onmessage = ({ data }) => {
      const { id, op } = JSON.parse(String(data)) as { id?: string; op: string };
      if (id === 'hello' && op === 'welcome') say({ op: 'push', id: 'push', ...push, endpoint, p256dh: keys?.p256dh, auth: keys?.auth });
      else if (id === 'push') say({ op: 'quit', forget: true });
      else if (op === 'error') socket.close();
    };
  });
}

worker.addEventListener('pushsubscriptionchange', (event) => {
  const { newSubscription = null, oldSubscription = null } = event as ExtendableEvent & Partial<Record<'newSubscription' | 'oldSubscription', PushSubscription | null>>;
  (event as ExtendableEvent).waitUntil(subscribeAgain(newSubscription, oldSubscription));
});

// The address of a message: model/address.ts.
function addressOf({ room, seq }: Told): string {
  const name = room.startsWith('#') ? room.slice(1) : room;
  return `/#/${encodeURIComponent(name).replaceAll('%40', '@')}/${seq}`;
}

worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(
    worker.clients.matchAll({ type: 'window' }).then(async ([window]) => {
      const told = event.notification.data as Told | null;
      const place = told?.room ? addressOf(told) : '';
      if (!window) return void (await worker.clients.openWindow(place || '/'));
      if (place) await window.navigate(place).catch(() => undefined);
      await window.focus();
    }),
  );
});
