// Taking an invitation link: what it leads to, and coming in by it. Its secret stands behind `#+` in the address, which
// is sent to nobody.

import { effect } from '@preact/signals';
import { Refusal } from '../model/protocol.ts';
import type { WireObject } from '../model/protocol.ts';
import { success } from '../model/result.ts';
import type { Result } from '../model/result.ts';
import type { Client } from './client.ts';
import { failureOf } from './line.ts';

// The place where somebody who signs in by a link goes once they are inside, also over a reload.
const KEPT = 'brusio.link';
const LOOK_MS = 8_000;

export interface Invited {
  by: string;
  room: string;
  newcomers: boolean;
  register: boolean;
}

function invitedOf(answer: WireObject): Invited {
  const { by, room, newcomers, register } = answer as unknown as Partial<Invited>;
  return { by: by ?? '', room: room ?? '', newcomers: newcomers === true, register: register === true };
}

// Asked on a line of its own, by somebody who has not said who they are.
// `refusal` is said where it does not let in: the server does not know yet in what language to say it.
export function lookBefore(client: Client, link: string, refusal: string): Promise<Result<Invited>> {
  const { socketUrl, openSocket } = client.environment;
  return new Promise((resolve) => {
    const socket = openSocket(socketUrl);
    const end = (result: Result<Invited>) => {
      clearTimeout(timer);
      socket.onclose = null;
      socket.close();
      resolve(result);
    };
    const timer = setTimeout(() => end(failureOf(null)), LOOK_MS);
    socket.onopen = () => socket.send(JSON.stringify({ op: 'invitation', id: 'look', link }));
    socket.onclose = () => end(failureOf(null));
    socket.onmessage = (event) => {
      const answer = JSON.parse(String(event.data)) as WireObject;
      const text = answer.code === 'auth_failed' ? refusal : (answer.message ?? '');
      if (answer.op === 'error') end(failureOf(new Refusal(String(answer.code), text, '')));
      else if (answer.op === 'invitation') end(success(invitedOf(answer)));
    };
  });
}

// On the line that there is.
export async function lookInside(client: Client, link: string): Promise<Result<Invited>> {
  const answer = await client.line.request({ op: 'invitation', link });
  return answer.ok ? success(invitedOf(answer.value)) : answer;
}

export function keepLink(client: Client, link: string): void {
  client.environment.tab.setItem(KEPT, link);
}

// Into the room that it leads to; a link that only leads onto the server has done so.
export async function accept(client: Client, link: string): Promise<Result<Invited>> {
  const { line, rooms } = client;
  const found = await lookInside(client, link);
  if (!found.ok || !found.value.room) return found;
  const { room } = found.value;
  const joined = await line.request({ op: 'join', room, link });
  if (!joined.ok) return joined;
  const entered = await rooms.enter(room);
  return entered.ok ? found : entered;
}

// Called when somebody has come in: somebody who signed in by a link is led on, somebody who was in already is asked.
export function lookForInvitation(client: Client): void {
  const { state, environment } = client;
  const stop = effect(() => {
    if (state.phase.value !== 'chat' || state.line.value.state !== 'online') return;
    const kept = environment.tab.getItem(KEPT);
    environment.tab.removeItem(KEPT);
    if (kept) {
      state.link.value = '';
      void accept(client, kept).then((result) => result.ok || state.say(result.text, 'problem'));
    } else if (state.link.peek()) state.openDialog('invited');
    queueMicrotask(() => stop());
  });
}
