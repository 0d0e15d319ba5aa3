// The client, for every component below the root.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Client } from '../app/client.ts';

export const Here = createContext<Client | null>(null);

export function useClient(): Client {
  const client = useContext(Here);
  if (!client) throw new Error('there is no client above this component');
  return client;
}
