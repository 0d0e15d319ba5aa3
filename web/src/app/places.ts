// The reader's place, in the address bar and in the list that Back leads through: one entry for each
// room that was opened, and above it one for each thing that lies over the room (panel, list of
// rooms, dialog). So Back closes a dialog, then the panel, then goes to the room before.
//
//   1. `at` is what the browser's current entry stands for.
//   2. What the page shows is written to the bar once, after all changes of one turn.
//   3. A step that we asked for (`expected`) comes back as a move, and means nothing.

import { effect } from '@preact/signals';
import { addressOf, invitationOf, parseAddress } from '../model/address.ts';
import type { Address } from '../model/address.ts';
import { sameName } from '../model/names.ts';
import type { Bar } from './environment.ts';
import type { State } from './state.ts';

interface Place {
  room: string;
  // How many things lie over the room.
  layers: number;
}

interface Parts {
  state: State;
  bar: Bar;
  visit(address: Address): void;
}

function placeOf(state: unknown): Place | null {
  const place = state as Place | null;
  return place && typeof place.room === 'string' && typeof place.layers === 'number' ? place : null;
}

export class Places {
  private parts: Parts;
  private at: Place = { room: '', layers: 0 };
  private planned = false;
  private expected = false;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  start(): void {
    const { state, bar } = this.parts;
    bar.onMove(() => this.moved());
    effect(() => {
      // Read here, so that the effect depends on them.
      void [state.phase.value, state.active.value?.name, state.panel.value, state.dialog.value, state.drawer.value, state.picker.value];
      if (this.planned) return;
      this.planned = true;
      queueMicrotask(() => {
        this.planned = false;
        this.sync();
      });
    });
  }

  private get layers(): number {
    const { panel, dialog, drawer, picker } = this.parts.state;
    return Number(panel.peek() !== 'none') + Number(drawer.peek()) + Number(dialog.peek() !== 'none') + Number(picker.peek() !== null);
  }

  private sync(): void {
    const { state, bar } = this.parts;
    const room = state.active.peek()?.name ?? '';
    if (state.phase.peek() !== 'chat' || !room || this.expected) return;
    const { layers } = this;
    if (this.at.room !== room) {
      // The first room, and one that was chosen in a dialog, take the place of what is there.
      const place = { room, layers: 0 };
      if (!this.at.room || this.at.layers > 0) bar.replace(place, addressOf(room));
      else bar.push(place, addressOf(room));
      this.at = place;
    }
    while (this.at.layers < layers) {
      this.at = { room, layers: this.at.layers + 1 };
      bar.push(this.at, addressOf(room));
    }
    if (this.at.layers > layers) this.step(layers);
  }

  private step(layers: number): void {
    const steps = layers - this.at.layers;
    this.at = { ...this.at, layers };
    this.expected = true;
    this.parts.bar.go(steps);
  }

  private moved(): void {
    const { state, bar, visit } = this.parts;
    if (this.expected) {
      this.expected = false;
      return this.sync();
    }
    if (state.phase.peek() !== 'chat') {
      state.link.value = invitationOf(bar.hash());
      return;
    }
    const place = placeOf(bar.state());
    if (!place) return this.followed();
    const room = state.active.peek()?.name ?? '';
    this.at = place;
    if (sameName(place.room, room)) {
      this.closeDownTo(place.layers);
      // Forward again to where something lay open that is closed by now.
      if (this.layers < place.layers) this.step(this.layers);
      return;
    }
    state.dialog.value = 'none';
    state.drawer.value = false;
    state.panel.value = 'none';
    visit({ room: place.room, seq: 0 });
    if (place.layers > 0) this.step(0);
  }

  // Somebody wrote an address, or followed a link to one: the browser made an entry of its own.
  private followed(): void {
    const { state, bar, visit } = this.parts;
    const address = parseAddress(bar.hash());
    const room = state.active.peek()?.name ?? '';
    state.dialog.value = 'none';
    if (!address) {
      const link = invitationOf(bar.hash());
      bar.replace({ room, layers: 0 }, addressOf(room));
      if (!link) return;
      state.link.value = link;
      state.openDialog('invited');
      return;
    }
    this.at = { room: address.room, layers: 0 };
    bar.replace(this.at, addressOf(address.room));
    visit(address);
  }

  private closeDownTo(layers: number): void {
    const { state } = this.parts;
    if (this.layers > layers) state.picker.value = null;
    if (this.layers > layers) state.dialog.value = 'none';
    if (this.layers > layers) state.drawer.value = false;
    if (this.layers > layers) state.panel.value = 'none';
  }
}
