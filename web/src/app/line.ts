// The one connection of this page, for everybody who asks something of the server.

import type { Connection } from '../net/connection.ts';
import { Refusal } from '../model/protocol.ts';
import type { WireObject } from '../model/protocol.ts';
import { t } from '../text.ts';
import { say } from './state.ts';

let connection: Connection | null = null;

export function useConnection(next: Connection | null): void {
  connection = next;
}

export function currentConnection(): Connection | null {
  return connection;
}

export function request<T = WireObject>(object: WireObject): Promise<T> {
  if (!connection) return Promise.reject(new Refusal('offline', ''));
  return connection.request(object) as Promise<T>;
}

export function post(object: WireObject): boolean {
  return connection?.post(object) ?? false;
}

export function refusalText(error: unknown): string {
  if (error instanceof Refusal && error.code !== 'offline') return error.message || error.code;
  return t('error.offline');
}

// For what the user asked for: a refusal is told, and the answer says whether it was done.
export async function attempt(object: WireObject): Promise<boolean> {
  try {
    await request(object);
    return true;
  } catch (error) {
    say(refusalText(error), 'problem');
    return false;
  }
}
