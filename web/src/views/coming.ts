// Handles what a new page brings along: content that another application shared, or an invitation link.

import { lookForInvitation } from '../app/invited.ts';
import type { Client } from '../app/client.ts';
import { fold } from '../model/names.ts';
import { lookForShared } from './shared.ts';

// Versions before this one kept what was saved in the browser, with its texts.
function adoptSaved({ environment, state, saved }: Client): void {
  const key = `brusio.saved.${fold(state.me.value.name)}`;
  try {
    const kept: unknown = JSON.parse(environment.local.getItem(key) ?? '[]');
    environment.local.removeItem(key);
    if (Array.isArray(kept)) for (const { room, seq } of (kept as { room: string; seq: number }[]).reverse()) saved.add(room, seq);
  } catch {
    // Nothing that makes sense is kept.
  }
}

// Called once for each page.
export async function lookForComing(client: Client): Promise<void> {
  lookForInvitation(client);
  adoptSaved(client);
  await lookForShared(client);
}
