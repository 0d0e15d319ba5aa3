// The environment of a real page.

import { signal } from '@preact/signals';
import { openDatabase } from '../net/database.ts';
import { openTabs } from '../net/tabs.ts';
import type { ServerFacts } from '../model/protocol.ts';
import type { Bar, Environment, Page } from './environment.ts';

const FRAME_LOST_MS = 250;
const FACTS_MS = 4_000;

function page(): Page {
  const media = matchMedia('(max-width: 760px)');
  const narrow = signal(media.matches);
  media.addEventListener('change', () => (narrow.value = media.matches));
  return {
    narrow,
    isVisible: () => document.visibilityState === 'visible',
    hasFocus: () => document.hasFocus(),
    // A hidden page gets no frames, and one that becomes hidden in between loses its own.
    nextFrame(callback) {
      if (document.hidden) return void setTimeout(callback, 0);
      const frame = requestAnimationFrame(() => {
        clearTimeout(timer);
        callback();
      });
      const timer = setTimeout(() => {
        cancelAnimationFrame(frame);
        callback();
      }, FRAME_LOST_MS);
    },
    onReturn(callback) {
      addEventListener('focus', callback);
      document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && callback());
    },
    onLeave(callback) {
      addEventListener('pagehide', callback);
      document.addEventListener('visibilitychange', () => document.visibilityState !== 'visible' && callback());
    },
    onNetwork: (callback) => addEventListener('online', callback),
  };
}

function bar(): Bar {
  return {
    hash: () => location.hash,
    state: () => history.state as unknown,
    push: (state, hash) => history.pushState(state, '', hash),
    replace: (state, hash) => history.replaceState(state, '', hash),
    go: (steps) => history.go(steps),
    onMove: (callback) => addEventListener('popstate', callback),
  };
}

async function fetchFacts(): Promise<ServerFacts | null> {
  try {
    const response = await fetch('/api/server', { signal: AbortSignal.timeout(FACTS_MS), headers: { accept: 'application/json' } });
    if (!response.ok) return null;
    const facts: unknown = await response.json();
    return facts && typeof facts === 'object' ? (facts as ServerFacts) : null;
  } catch {
    return null;
  }
}

export function browserEnvironment(): Environment {
  return {
    socketUrl: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`,
    openSocket: (url) => new WebSocket(url),
    openDatabase,
    openTabs,
    fetchFacts,
    loadUpload: async () => (await import('./later.ts')).upload,
    local: localStorage,
    tab: sessionStorage,
    page: page(),
    bar: bar(),
    client: `brusio-web/${BRUSIO_VERSION}`,
  };
}
