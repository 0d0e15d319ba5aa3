// From a file on this machine to the next message: chosen, pasted, dropped on the talk, or recorded.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Client } from '../app/client.ts';
import type { Room } from '../app/room.ts';
import { kindOf, sizeText } from '../model/files.ts';
import type { OutFile } from '../model/outbox.ts';
import { attach } from './attaching.ts';
import { FileButton, FileIcon } from './file-icons.tsx';
import { forget, sourceOf } from './file-source.ts';
import { useClient } from './here.ts';
import { menuKey } from './menu-key.ts';
import { canRecord, Recorder } from './recorder.tsx';
import { language, t } from '../text.ts';

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

// A paste from a page or a document means its text, not the picture that comes with it.
function pastedFiles({ clipboardData }: ClipboardEvent): File[] {
  const files = [...(clipboardData?.files ?? [])];
  return clipboardData?.types.includes('text/plain') ? [] : files;
}

// While files are dragged over the page, the talk says that they may be dropped on it.
function watchDrops(client: Client, room: Room): () => void {
  const talk = () => document.querySelector<HTMLElement>('main.room');
  const show = (on: boolean) => {
    if (on) talk()?.setAttribute('data-drop', t('files.drop', { room: room.name }));
    else talk()?.removeAttribute('data-drop');
  };
  const isFree = () => client.state.dialog.value === 'none';
  const over = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const isOver = isFree() && talk()?.contains(event.target as Node) === true;
    event.dataTransfer!.dropEffect = isOver ? 'copy' : 'none';
    show(isOver);
  };
  const leave = (event: DragEvent) => {
    if (!event.relatedTarget) show(false);
  };
  const drop = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    show(false);
    if (isFree() && talk()?.contains(event.target as Node)) void attach(client, room, [...event.dataTransfer!.files]);
  };
  const paste = (event: ClipboardEvent) => {
    const files = pastedFiles(event);
    const target = event.target as Element;
    const isElsewhere = target.id !== 'composer-text' && target.matches('input, textarea, select');
    if (!files.length || isElsewhere || !isFree()) return;
    event.preventDefault();
    event.stopPropagation();
    void attach(client, room, files);
  };
  document.addEventListener('dragover', over);
  document.addEventListener('dragleave', leave);
  document.addEventListener('drop', drop);
  document.addEventListener('paste', paste, true);
  return () => {
    show(false);
    document.removeEventListener('dragover', over);
    document.removeEventListener('dragleave', leave);
    document.removeEventListener('drop', drop);
    document.removeEventListener('paste', paste, true);
  };
}

export function Attach({ room }: { room: Room }) {
  const client = useClient();
  const open = useSignal(false);
  const recording = useSignal(false);
  const box = useRef<HTMLSpanElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const hasCamera = matchMedia('(pointer: coarse)').matches;

  useEffect(() => watchDrops(client, room), [room]);
  useEffect(() => {
    if (!open.value) return;
    box.current!.querySelector<HTMLElement>('.menu button')?.focus();
    const away = (event: Event) => {
      if (!box.current!.contains(event.target as Node)) open.value = false;
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [open.value]);

  const take = (event: Event) => {
    const field = event.currentTarget as HTMLInputElement;
    const files = [...(field.files ?? [])];
    field.value = '';
    void attach(client, room, files);
  };
  const choices = [
    { key: 'files.choose', icon: 'clip', act: () => input.current!.click() },
    ...(hasCamera ? [{ key: 'files.camera', icon: 'camera', act: () => camera.current!.click() } as const] : []),
    ...(canRecord() ? [{ key: 'files.record', icon: 'microphone', act: () => (recording.value = true) } as const] : []),
  ] as const;
  const close = () => {
    open.value = false;
    box.current!.querySelector('button')?.focus();
  };
  const onKey = (event: KeyboardEvent) => menuKey(event, box.current!.querySelectorAll('.menu button'), close);
  return (
    <span ref={box}>
      <FileButton
        icon="clip"
        label={t('files.attach')}
        {...(choices.length > 1 ? { expanded: open.value } : {})}
        onClick={() => (choices.length > 1 ? (open.value = !open.value) : input.current!.click())}
      />
      {open.value && (
        <div class="menu menu-up menu-attach" role="menu" aria-label={t('files.attach')} onKeyDown={onKey}>
          {choices.map(({ key, icon, act }) => (
            <button
              key={key}
              type="button"
              role="menuitem"
              onClick={() => {
                close();
                act();
              }}
            >
              <FileIcon name={icon} /> {t(key)}
            </button>
          ))}
        </div>
      )}
      <input ref={input} class="file-input" type="file" multiple tabIndex={-1} aria-hidden="true" onChange={take} />
      <input ref={camera} class="file-input camera-input" type="file" accept="image/*" capture="environment" tabIndex={-1} aria-hidden="true" onChange={take} />
      {recording.value && <Recorder room={room} onEnd={() => (recording.value = false)} />}
    </span>
  );
}

// The chosen files, before they are sent.
export function Attached({ room }: { room: Room }) {
  const client = useClient();
  const remove = (file: OutFile) => {
    forget(file);
    room.files.value = room.files.value.filter((other) => other !== file);
    document.getElementById('composer-text')?.focus();
  };
  return (
    <ul class="attached" aria-label={t('files.attached')}>
      {room.files.value.map((file) => (
        <li key={file.key}>
          {kindOf(file) === 'picture' ? <img src={sourceOf(client, file)!} alt="" /> : <FileIcon name="file" />}
          <span class="attached-name">
            <span class="file-name" title={file.name}>
              {file.name}
            </span>
            <small>{sizeText(file.bytes, language())}</small>
          </span>
          <FileButton icon="close" label={t('files.remove', { name: file.name })} onClick={() => remove(file)} />
        </li>
      ))}
    </ul>
  );
}
