// Messages that a person put aside for later, in this browser.

import { signal } from '@preact/signals';
import { gistOf } from '../model/markup.ts';
import type { Message } from '../model/roomlog.ts';
import type { Room } from './room.ts';

export interface SavedMessage {
  room: string;
  seq: number;
  name: string;
  text: string;
  time: number;
}

const SAVED_MAX = 500;

export class Saved {
  readonly list = signal<SavedMessage[]>([]);
  private storage: Storage;
  private user: () => string;

  constructor(storage: Storage, user: () => string) {
    this.storage = storage;
    this.user = user;
  }

  load(): void {
    try {
      const kept: unknown = JSON.parse(this.storage.getItem(this.key) ?? '[]');
      this.list.value = Array.isArray(kept) ? (kept as SavedMessage[]).filter((one) => one && typeof one.text === 'string') : [];
    } catch {
      this.list.value = [];
    }
  }

  has(room: Room, seq: number): boolean {
    return this.list.value.some((one) => one.room === room.name && one.seq === seq);
  }

  toggle(room: Room, message: Message): void {
    const others = this.list.value.filter((one) => one.room !== room.name || one.seq !== message.seq);
    if (others.length === this.list.value.length) {
      others.unshift({ room: room.name, seq: message.seq, name: message.name, text: gistOf(message, 240), time: message.time });
    }
    this.list.value = others.slice(0, SAVED_MAX);
    try {
      this.storage.setItem(this.key, JSON.stringify(this.list.value));
    } catch {
      // Storage is full or refused: it lives as long as the page.
    }
  }

  private get key(): string {
    return `brusio.saved.${this.user()}`;
  }
}
