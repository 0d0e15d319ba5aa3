// The page's place, as the part of its address after `#`: `#/lobby` is the room #lobby, `#/@anna`
// the conversation with anna, `#/lobby/1051` a message, and `#+secret` an invitation.

import { isConversation } from './names.ts';

export interface Address {
  room: string;
  // The message, or 0.
  seq: number;
}

export function addressOf(room: string, seq = 0): string {
  const name = room.startsWith('#') ? room.slice(1) : room;
  return `#/${encodeURIComponent(name).replaceAll('%40', '@')}${seq ? `/${seq}` : ''}`;
}

export function parseAddress(hash: string): Address | null {
  let text: string;
  try {
    text = decodeURIComponent(hash.replace(/^#/, ''));
  } catch {
    return null;
  }
  const [, slash, name = '', seq] = /^(\/?)([^/]+)(?:\/(\d{1,15}))?$/.exec(text) ?? [];
  // Links of earlier versions have no slash: `#lobby`.
  if (!name || (!slash && seq)) return null;
  const room = name.startsWith('@') ? name : `#${name}`;
  return isConversation(room) ? { room, seq: Number(seq ?? 0) } : null;
}

// An invitation's secret, where the address carries one.
export function invitationOf(hash: string): string {
  return /^#\+([\w-]{8,128})$/.exec(hash)?.[1] ?? '';
}

// A link that leads to somewhere on this same page.
export function addressInside(href: string, origin: string): Address | null {
  const url = URL.canParse(href) ? new URL(href) : null;
  return url && url.origin === origin && url.pathname === '/' ? parseAddress(url.hash) : null;
}
