// Keeps the page's own files, and nothing else, so that it opens without a network. What another application
// shares waits here until the page takes it (views/shared.ts).
// What they are and which build they belong to is written in by build.mjs.

/// <reference lib="webworker" />

declare const SHELL: string[];
declare const BUILD: string;

const worker = self as unknown as ServiceWorkerGlobalScope;
const cacheName = `brusio-${BUILD}`;
const SHARED = 'brusio-shared';
// As many files as a message can have, and no more than a phone keeps without asking.
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
      .then((names) => Promise.all(names.filter((name) => name !== cacheName && name !== SHARED).map((name) => caches.delete(name))))
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

worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(
    worker.clients.matchAll({ type: 'window' }).then(async (windows) => {
      await (windows[0] ? windows[0].focus() : worker.clients.openWindow('/'));
    }),
  );
});
