// Entries as the server writes them, for tests.

import type { Entry, WireObject } from '../src/model/protocol.ts';

const START = Date.parse('2026-11-22T10:00:00.000Z');

export function message(seq: number, text = `text ${seq}`, name = 'anna', more: object = {}): Entry {
  const time = new Date(START + seq * 1000).toISOString();
  return { op: 'message', room: '#lobby', seq, time, from: { name }, message: text, ...more } as Entry;
}

export function change(seq: number, part: object): Entry {
  return { ...message(seq), ...part } as Entry;
}

export function page(...seqs: number[]): WireObject[] {
  return seqs.map((seq) => message(seq) as unknown as WireObject);
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
}

// A small generator with a seed, so that a failing schedule can be run again.
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
