// The line to the server: one WebSocket at a time, made again with back-off when it is lost.
//
//   stopped --start--> connecting --open, hello, welcome--> online
//                        ^    |                               |
//                        |    +--refused for good--> stopped  | lost
//                        +------- pause over / retryNow ---- waiting
//
// Requests are answered by id. A request whose answer can no longer come is refused with `offline`.
// A line that is silent is asked for a sign of life, since a lost peer may never say so.

import { Backoff } from '../model/backoff.ts';
import { Refusal } from '../model/protocol.ts';
import type { Welcome, WireObject } from '../model/protocol.ts';

export type LineState = 'stopped' | 'connecting' | 'online' | 'waiting';

const SILENCE_MS = 25_000;
const ANSWER_MS = 10_000;

// Refusals of `hello` that another try would only repeat.
const FINAL = new Set(['name_taken', 'bad_name', 'auth_required', 'auth_failed', 'insecure', 'banned', 'bad_field', 'forbidden']);

// How long a line must have held before the next loss counts as the first one.
const STEADY_MS = 30_000;
const OPEN = 1;

// The part of WebSocket that a connection needs.
export interface Socket {
  readonly readyState: number;
  send(data: string): void;
  close(): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: never) => void) | null;
}

export type OpenSocket = (url: string) => Socket;

export interface LineEvents {
  hello(): WireObject;
  welcome(welcome: Welcome): void;
  // A pushed object, or an answer to a request that was only posted.
  push(object: WireObject): void;
  state(state: LineState, retryAt: number): void;
  refused(refusal: Refusal): void;
}

interface Waiting {
  resolve(object: WireObject): void;
  reject(refusal: Refusal): void;
}

export class Connection {
  state: LineState = 'stopped';
  private url: string;
  private events: LineEvents;
  private openSocket: OpenSocket;
  private socket: Socket | null = null;
  private backoff = new Backoff();
  private waiting = new Map<string, Waiting>();
  private nextId = 1;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private lifeTimer: ReturnType<typeof setTimeout> | undefined;
  private lastHeard = 0;
  private asked = false;
  private onlineSince = 0;

  constructor(url: string, events: LineEvents, openSocket: OpenSocket) {
    this.url = url;
    this.events = events;
    this.openSocket = openSocket;
  }

  start(): void {
    clearTimeout(this.retryTimer);
    this.drop();
    this.setState('connecting');
    const socket = this.openSocket(this.url);
    this.socket = socket;
    this.heard();
    socket.onopen = () => {
      if (socket === this.socket) this.greet();
    };
    socket.onmessage = (event) => {
      if (socket === this.socket && typeof event.data === 'string') this.receive(event.data);
    };
    socket.onclose = () => {
      if (socket === this.socket) this.lost();
    };
  }

  // `forget`: the session will not come back.
  stop(forget = false): void {
    clearTimeout(this.retryTimer);
    if (this.state === 'online') this.post({ op: 'quit', ...(forget ? { forget } : {}) });
    this.drop();
    this.setState('stopped');
  }

  // The line goes on elsewhere: nothing more is said on this one.
  abandon(): void {
    clearTimeout(this.retryTimer);
    this.drop();
    this.setState('stopped');
  }

  // The device says that the network is back, or the user asks for it.
  retryNow(): void {
    if (this.state === 'waiting') this.start();
    else if (this.state === 'online' && Date.now() - this.lastHeard > 5_000) this.askForLife();
  }

  request(object: WireObject): Promise<WireObject> {
    if (this.state !== 'online') return Promise.reject(new Refusal('offline', ''));
    return this.ask(object);
  }

  // Sends without expecting the answer here: it comes as a push.
  post(object: WireObject): boolean {
    if (this.state !== 'online' || this.socket?.readyState !== OPEN) return false;
    this.socket.send(JSON.stringify(object));
    return true;
  }

  private ask(object: WireObject): Promise<WireObject> {
    const id = object.id ?? `q${this.nextId++}`;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.socket!.send(JSON.stringify({ ...object, id }));
    });
  }

  private greet(): void {
    this.ask(this.events.hello()).then(
      (answer) => {
        this.onlineSince = Date.now();
        this.setState('online');
        this.events.welcome(answer as unknown as Welcome);
      },
      (refusal: Refusal) => {
        if (refusal.code === 'offline') return;
        if (!FINAL.has(refusal.code)) return this.lost();
        this.drop();
        this.setState('stopped');
        this.events.refused(refusal);
      },
    );
  }

  private receive(text: string): void {
    this.heard();
    let object: WireObject;
    try {
      object = JSON.parse(text) as WireObject;
    } catch {
      return this.lost();
    }
    const waiting = object.id === undefined ? undefined : this.waiting.get(object.id);
    if (!waiting) return this.events.push(object);
    this.waiting.delete(object.id!);
    if (object.op === 'error') waiting.reject(new Refusal(String(object.code), object.message ?? '', String(object.field ?? '')));
    else waiting.resolve(object);
  }

  private heard(): void {
    this.lastHeard = Date.now();
    this.asked = false;
    if (this.lifeTimer === undefined) this.watch(SILENCE_MS);
  }

  private watch(delay: number): void {
    this.lifeTimer = setTimeout(() => {
      this.lifeTimer = undefined;
      const silent = Date.now() - this.lastHeard;
      if (silent < SILENCE_MS) this.watch(SILENCE_MS - silent);
      else if (this.asked || this.state !== 'online') this.lost();
      else this.askForLife();
    }, delay);
  }

  private askForLife(): void {
    clearTimeout(this.lifeTimer);
    this.asked = true;
    this.lastHeard = Math.min(this.lastHeard, Date.now() - SILENCE_MS);
    this.post({ op: 'ping', id: 'life' });
    this.watch(ANSWER_MS);
  }

  private lost(): void {
    this.drop();
    if (this.state === 'stopped') return;
    // A server that takes us in and drops us at once is not asked ever faster.
    if (this.state === 'online' && Date.now() - this.onlineSince >= STEADY_MS) this.backoff.reset();
    const delay = this.backoff.next();
    this.setState('waiting', Date.now() + delay);
    this.retryTimer = setTimeout(() => this.start(), delay);
  }

  private drop(): void {
    clearTimeout(this.lifeTimer);
    this.lifeTimer = undefined;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of waiting) reject(new Refusal('offline', ''));
  }

  private setState(state: LineState, retryAt = 0): void {
    this.state = state;
    this.events.state(state, retryAt);
  }
}
