// The parts of the browser that the client needs, as interfaces: a page gives the real things
// (browser.ts), a test its own.

import type { ReadonlySignal } from '@preact/signals';
import type { OpenSocket } from '../net/connection.ts';
import type { Database } from '../net/database.ts';
import type { Upload } from '../net/upload.ts';
import type { TabEvents, Tabs } from '../net/tabs.ts';
import type { ServerFacts } from '../model/protocol.ts';

export interface Environment {
  socketUrl: string;
  openSocket: OpenSocket;
  openDatabase(): Promise<Database>;
  openTabs(events: TabEvents): Promise<Tabs>;
  // The server's description before hello; null where it gives none.
  fetchFacts(): Promise<ServerFacts | null>;
  loadUpload(): Promise<Upload>;
  // The storage of this browser, and that of this tab alone.
  local: Storage;
  tab: Storage;
  page: Page;
  bar: Bar;
  client: string;
}

export interface Page {
  readonly narrow: ReadonlySignal<boolean>;
  isVisible(): boolean;
  hasFocus(): boolean;
  // Calls back once, before the next picture, or soon where there is none.
  nextFrame(callback: () => void): void;
  onReturn(callback: () => void): void;
  onLeave(callback: () => void): void;
  onNetwork(callback: () => void): void;
}

// The address bar with the list of places that Back leads through.
export interface Bar {
  hash(): string;
  state(): unknown;
  push(state: unknown, hash: string): void;
  replace(state: unknown, hash: string): void;
  go(steps: number): void;
  // Somebody went back or forward, or wrote another address.
  onMove(callback: () => void): void;
}
