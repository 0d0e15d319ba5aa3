// A voice message, recorded in the page: Opus, in whichever container the browser writes.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Room } from '../app/room.ts';
import { attach } from './attaching.ts';
import { FileButton } from './file-icons.tsx';
import { useClient } from './here.ts';
import { t } from '../text.ts';

const BITS_PER_SECOND = 32_000;
const LONGEST_S = 15 * 60;
const FORMATS = [
  ['audio/webm;codecs=opus', 'webm'],
  ['audio/ogg;codecs=opus', 'ogg'],
  ['audio/mp4', 'm4a'],
] as const;

// Browsers give the microphone on https and localhost alone.
export function canRecord(): boolean {
  return typeof MediaRecorder !== 'undefined' && navigator.mediaDevices !== undefined;
}

function clockOf(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function nameOf(ending: string): string {
  const now = new Date();
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${t('files.voice')} ${day} ${two(now.getHours())}.${two(now.getMinutes())}.${ending}`;
}

export function Recorder({ room, onEnd }: { room: Room; onEnd: () => void }) {
  const client = useClient();
  const recorder = useRef<MediaRecorder | null>(null);
  const seconds = useSignal(0);
  const isRunning = useSignal(false);
  const isCancelled = useRef(false);

  useEffect(() => {
    let isOver = false;
    let stream: MediaStream | null = null;
    let timer: ReturnType<typeof setInterval> | undefined;
    const begin = async () => {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      if (isOver) return stream.getTracks().forEach((track) => track.stop());
      const [mimeType, ending] = FORMATS.find(([type]) => MediaRecorder.isTypeSupported(type)) ?? FORMATS[2];
      const made = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: BITS_PER_SECOND });
      const parts: Blob[] = [];
      made.ondataavailable = ({ data }) => parts.push(data);
      made.onstop = () => {
        if (!isCancelled.current && client.state.phase.peek() === 'chat') void attach(client, room, [new File(parts, nameOf(ending), { type: mimeType })]);
        onEnd();
      };
      made.start();
      recorder.current = made;
      isRunning.value = true;
      timer = setInterval(() => {
        if (++seconds.value >= LONGEST_S) made.stop();
      }, 1000);
    };
    begin().catch(() => {
      if (!isOver) client.state.say(t('files.no_microphone'), 'problem');
      onEnd();
    });
    // A recording stays in the room where it began, also when its author goes to another one.
    return () => {
      isOver = true;
      clearInterval(timer);
      if (recorder.current?.state === 'recording') recorder.current.stop();
      stream?.getTracks().forEach((track) => track.stop());
    };
  }, []);

  const cancel = () => {
    isCancelled.current = true;
    onEnd();
  };
  return (
    <div class="recorder" role="group" aria-label={t('files.record')}>
      <span class="recorder-dot" aria-hidden="true" />
      <span role="timer">{isRunning.value ? clockOf(seconds.value) : t('files.microphone')}</span>
      <FileButton icon="close" label={t('files.record_cancel')} onClick={cancel} />
      <FileButton icon="stop" label={t('files.record_stop')} disabled={!isRunning.value} onClick={() => recorder.current?.stop()} />
    </div>
  );
}
