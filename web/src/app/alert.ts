// A sound and a notification, which come in a file of their own when they are first wanted.

import type { MessageEntry } from '../model/protocol.ts';
import { gistOf } from '../model/markup.ts';
import { saidIn } from '../model/roomlog.ts';
import { isTold } from './pushing.ts';
import type { Room } from './room.ts';
import type { Rooms } from './rooms.ts';
import { t } from '../text.ts';

const SOUND_REST_MS = 1_500;

let lastSound = 0;
let audio: AudioContext | null = null;

// Two soft tones, made here: no file to load.
export function play(): void {
  if (Date.now() - lastSound < SOUND_REST_MS || typeof AudioContext === 'undefined') return;
  lastSound = Date.now();
  audio ??= new AudioContext();
  for (const [at, frequency] of [[0, 660], [0.11, 880]] as const) {
    const tone = new OscillatorNode(audio, { frequency });
    const volume = new GainNode(audio, { gain: 0 });
    const start = audio.currentTime + at;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.12, start + 0.015);
    volume.gain.exponentialRampToValueAtTime(0.0005, start + 0.28);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.3);
  }
}

export function show(rooms: Rooms, room: Room, entry: MessageEntry, called: boolean): void {
  // The service worker shows it.
  if (called && document.hidden && isTold()) return;
  const title = room.direct ? entry.from.name : t('notify.title', { name: entry.from.name, room: room.name });
  const icon = document.querySelector<HTMLLinkElement>('link[rel="apple-touch-icon"]')?.href ?? '';
  // The tag is the same in every tab, so several tabs show one notification.
  const options = { body: gistOf({ text: saidIn(entry), files: entry.files }, 180), tag: `${room.name} ${entry.seq}`, icon };
  try {
    const notification = new Notification(title, options);
    notification.onclick = () => {
      window.focus();
      rooms.open(room);
      notification.close();
    };
  } catch {
    // Android allows them only through the service worker.
    void navigator.serviceWorker?.ready.then((worker) => worker.showNotification(title, options));
  }
}
