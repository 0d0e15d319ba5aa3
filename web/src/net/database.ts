// Storage that outlives the page: the outbox, and for each room the last messages with their cursor. Where the
// browser offers no IndexedDB (some private modes), everything lives in memory instead.

import type { OutItem, OutStore } from '../model/outbox.ts';
import type { Message } from '../model/roomlog.ts';

export interface Snapshot {
  user: string;
  room: string;
  epoch: string;
  head: number;
  read: number;
  unread: number;
  mentions: number;
  topic: string;
  window: Message[];
  moreBefore: boolean;
  saved: number;
  opened?: number;
  keptUnread?: number;
}

export interface Database {
  // `all` gives them in the order in which they were made.
  outbox: OutStore & { all(user: string): Promise<OutItem[]> };
  saveRoom(snapshot: Snapshot): Promise<void>;
  removeRoom(user: string, room: string): Promise<void>;
  rooms(user: string): Promise<Snapshot[]>;
  forget(user: string): Promise<void>;
}

const NAME = 'brusio';
const VERSION = 1;

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const database = request.result;
      database.createObjectStore('outbox', { keyPath: 'id' }).createIndex('user', 'user');
      database.createObjectStore('rooms', { keyPath: ['user', 'room'] }).createIndex('user', 'user');
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB cannot be opened'));
    request.onblocked = () => reject(new Error('IndexedDB is blocked by an older page'));
  });
}

// Resolves when the transaction is complete, not when the request is: then it is kept.
function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error('IndexedDB refused'));
  });
}

function fromIndexedDb(database: IDBDatabase): Database {
  database.onversionchange = () => database.close();
  const write = async (name: string, act: (store: IDBObjectStore) => void): Promise<void> => {
    const transaction = database.transaction(name, 'readwrite', { durability: 'strict' });
    act(transaction.objectStore(name));
    await done(transaction);
  };
  const ofUser = <T>(name: string, user: string): Promise<T[]> =>
    new Promise((resolve, reject) => {
      const request = database.transaction(name).objectStore(name).index('user').getAll(user);
      request.onsuccess = () => resolve(request.result as T[]);
      request.onerror = () => reject(request.error ?? new Error('IndexedDB refused'));
    });
  return {
    outbox: {
      put: (item) => write('outbox', (store) => store.put(item)),
      remove: (id) => write('outbox', (store) => store.delete(id)),
      all: async (user) => inOrder(await ofUser<OutItem>('outbox', user)),
    },
    saveRoom: (snapshot) => write('rooms', (store) => store.put(snapshot)),
    removeRoom: (user, room) => write('rooms', (store) => store.delete([user, room])),
    rooms: (user) => ofUser<Snapshot>('rooms', user),
    async forget(user) {
      for (const { room } of await ofUser<Snapshot>('rooms', user)) {
        await write('rooms', (store) => store.delete([user, room]));
      }
      for (const { id } of await ofUser<OutItem>('outbox', user)) await write('outbox', (store) => store.delete(id));
    },
  };
}

function inOrder(items: OutItem[]): OutItem[] {
  return items.sort((a, b) => a.created - b.created);
}

export function memoryDatabase(): Database {
  const items = new Map<string, OutItem>();
  const snapshots = new Map<string, Snapshot>();
  const key = (user: string, room: string) => `${user}\n${room}`;
  return {
    outbox: {
      put: async (item) => void items.set(item.id, item),
      remove: async (id) => void items.delete(id),
      all: async (user) => inOrder([...items.values()].filter((item) => item.user === user)),
    },
    saveRoom: async (snapshot) => void snapshots.set(key(snapshot.user, snapshot.room), snapshot),
    removeRoom: async (user, room) => void snapshots.delete(key(user, room)),
    rooms: async (user) => [...snapshots.values()].filter((snapshot) => snapshot.user === user),
    async forget(user) {
      for (const [at, item] of items) if (item.user === user) items.delete(at);
      for (const [at, snapshot] of snapshots) if (snapshot.user === user) snapshots.delete(at);
    },
  };
}

export async function openDatabase(): Promise<Database> {
  try {
    return fromIndexedDb(await open());
  } catch {
    return memoryDatabase();
  }
}
