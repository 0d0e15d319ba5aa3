// A client without a browser: sockets that lead to the mock chat of the browser tests, storage and
// database in memory, and a page and an address bar that the test holds in its hands.

import { signal } from '@preact/signals';
import { MockChat } from '../../tests/browser/mock_chat.mjs';
import type { MockConnection } from '../../tests/browser/mock_chat.mjs';
import { Client } from '../src/app/client.ts';
import type { Bar, Environment, Page } from '../src/app/environment.ts';
import type { Room } from '../src/app/room.ts';
import type { Socket } from '../src/net/connection.ts';
import { memoryDatabase } from '../src/net/database.ts';
import type { Database } from '../src/net/database.ts';
import type { Tabs } from '../src/net/tabs.ts';
import type { Upload } from '../src/net/upload.ts';
import { Refusal } from '../src/model/protocol.ts';

export { MockChat };

export class FakeStorage implements Storage {
  private map = new Map<string, string>();

  get length(): number {
    return this.map.size;
  }

  key(at: number): string | null {
    return [...this.map.keys()][at] ?? null;
  }

  getItem(key: string): string | null {
    return this.map.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.map.set(key, String(value));
  }

  removeItem(key: string): void {
    this.map.delete(key);
  }

  clear(): void {
    this.map.clear();
  }
}

// Objects cross in turns of the event loop, one at a time and both ways, as on a line.
class FakeSocket implements Socket {
  readyState = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  private network: Network;
  private connection: MockConnection | null = null;

  constructor(network: Network) {
    this.network = network;
    setImmediate(() => this.open());
  }

  send(data: string): void {
    setImmediate(() => {
      if (!this.connection || this.readyState !== 1) return;
      this.network.heard.push(JSON.parse(data) as Record<string, unknown>);
      this.network.chat.receive(this.connection, data);
    });
  }

  close(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.network.sockets.delete(this);
    if (this.connection) this.network.chat.disconnect(this.connection);
    setImmediate(() => this.onclose?.(undefined as never));
  }

  private open(): void {
    if (this.readyState !== 0) return;
    if (!this.network.up) return this.close();
    this.readyState = 1;
    const deliver = (object: Record<string, unknown>) => {
      const data = JSON.stringify(object);
      setImmediate(() => this.readyState === 1 && this.onmessage?.({ data } as MessageEvent));
    };
    this.connection = this.network.chat.connect(deliver, () => setImmediate(() => this.close()));
    this.onopen?.(undefined as never);
  }
}

class Network {
  chat: MockChat;
  up = true;
  sockets = new Set<FakeSocket>();
  heard: Record<string, unknown>[] = [];

  constructor(chat: MockChat) {
    this.chat = chat;
  }

  open(): Socket {
    const socket = new FakeSocket(this);
    this.sockets.add(socket);
    return socket;
  }
}

// The browser's list of entries, as the specification has it: a push cuts what lies forward.
export class FakeBar implements Bar {
  entries: { state: unknown; hash: string }[];
  at = 0;
  private move: () => void = () => undefined;

  constructor(hash = '') {
    this.entries = [{ state: null, hash }];
  }

  hash(): string {
    return this.entries[this.at]!.hash;
  }

  state(): unknown {
    return this.entries[this.at]!.state;
  }

  push(state: unknown, hash: string): void {
    this.entries = [...this.entries.slice(0, this.at + 1), { state, hash }];
    this.at++;
  }

  replace(state: unknown, hash: string): void {
    this.entries[this.at] = { state, hash };
  }

  go(steps: number): void {
    setImmediate(() => {
      const to = this.at + steps;
      if (to < 0 || to >= this.entries.length) return;
      this.at = to;
      this.move();
    });
  }

  onMove(callback: () => void): void {
    this.move = callback;
  }

  // A link is followed, or an address written by hand.
  follow(hash: string): void {
    this.push(null, hash);
    this.move();
  }
}

export interface Device {
  client: Client;
  network: Network;
  bar: FakeBar;
  page: { visible: boolean; focused: boolean };
  database: Database;
  local: FakeStorage;
}

interface Options {
  hash?: string;
  device?: string;
  local?: FakeStorage;
  database?: Database;
  facts?: Record<string, unknown>;
  upload?: Upload;
  // No other tab lives: it carries what is left.
  alone?: boolean;
}

const opened: Device[] = [];
let devices = 0;

export async function openDevice(chat: MockChat, options: Options = {}): Promise<Device> {
  const network = new Network(chat);
  const bar = new FakeBar(options.hash);
  const page = { visible: true, focused: true };
  const local = options.local ?? new FakeStorage();
  const database = options.database ?? memoryDatabase();
  const device = options.device ?? `device-${++devices}`;
  const tabs: Tabs = {
    device: () => device,
    isFresh: () => false,
    isAlive: async () => true,
    adopt: async () => undefined,
    carry: async () => options.alone === true,
    letGo: () => undefined,
    tellSignedOut: () => undefined,
  };
  const fakePage: Page = {
    narrow: signal(false),
    isVisible: () => page.visible,
    hasFocus: () => page.focused,
    nextFrame: (callback) => void setImmediate(callback),
    onReturn: () => undefined,
    onLeave: () => undefined,
    onNetwork: () => undefined,
  };
  const environment: Environment = {
    socketUrl: 'ws://chat.test/ws',
    openSocket: () => network.open(),
    openDatabase: async () => database,
    openTabs: async () => tabs,
    fetchFacts: async () => options.facts ?? null,
    loadUpload: async () => options.upload ?? (async () => Promise.reject(new Refusal('offline', ''))),
    local,
    tab: new FakeStorage(),
    page: fakePage,
    bar,
    client: 'test/0',
  };
  const client = new Client(environment, database, tabs);
  const made = { client, network, bar, page, database, local };
  opened.push(made);
  await client.start();
  return made;
}

// A device on which somebody has come in.
export async function enter(chat: MockChat, name: string, options: Options & { password?: string; register?: boolean } = {}): Promise<Device> {
  const device = await openDevice(chat, options);
  const { password, register = false } = options;
  device.client.session.signIn({ name, stay: true, ...(password ? { password, register } : {}) });
  await until(() => device.client.state.phase.value === 'chat' && roomOf(device).isLive && (roomOf(device) !== device.client.state.active.value || roomOf(device).log.loaded), `${name} is in`);
  return device;
}

export function roomOf({ client }: Device, name = '#lobby'): Room {
  const room = client.state.findRoom(name);
  if (!room) throw new Error(`there is no ${name}`);
  return room;
}

export async function until(check: () => unknown, what: string): Promise<void> {
  for (let n = 0; n < 2_000; n++) {
    if (check()) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`waited in vain for: ${what}`);
}

// Everything that was under way has arrived.
export async function settled(): Promise<void> {
  for (let n = 0; n < 40; n++) await new Promise((resolve) => setImmediate(resolve));
}

export async function loseLine({ client, network }: Device): Promise<void> {
  network.up = false;
  for (const socket of [...network.sockets]) socket.close();
  await until(() => client.state.line.value.state === 'waiting', 'the line is lost');
}

export async function findLine({ client, network }: Device): Promise<void> {
  network.up = true;
  client.line.current!.retryNow();
  await until(() => client.state.line.value.state === 'online', 'the line is back');
  await settled();
}

export function closeDevices(): void {
  for (const { client, network } of opened.splice(0)) {
    client.line.current?.stop();
    client.line.use(null);
    for (const socket of [...network.sockets]) socket.close();
  }
}
