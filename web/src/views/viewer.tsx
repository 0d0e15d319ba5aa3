// A picture alone, as large as the window or larger. Arrows lead to the other pictures of the room.

import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { kindOf, sizeText } from '../model/files.ts';
import type { FileFacts } from '../model/protocol.ts';
import { FileButton } from './file-icons.tsx';
import { fetchSource, save, sourceOf } from './file-source.ts';
import { useClient } from './here.ts';
import { Modal } from './parts.tsx';
import { language, t } from '../text.ts';

const STEP = 1.5;
const NEAREST = 8;

interface Shown {
  file: FileFacts;
  alt: string;
}

// The pictures of the messages that the page has, in their order.
function usePictures(): Shown[] {
  const { state } = useClient();
  const room = state.active.value;
  if (!room || room.version.value < 0) return [];
  return room.log.window.flatMap(({ files, text }) =>
    (files ?? []).filter((file) => kindOf(file) === 'picture').map((file) => ({ file, alt: files!.length === 1 && text.trim() ? text : file.name })),
  );
}

function Stage({ shown, zoom, onZoom }: { shown: Shown; zoom: number; onZoom: (zoom: number) => void }) {
  const client = useClient();
  const box = useRef<HTMLDivElement>(null);
  const [source, setSource] = useState(() => sourceOf(client, shown.file));
  const drag = useRef<{ x: number; y: number } | null>(null);
  useEffect(() => {
    if (!source) fetchSource(client, shown.file).then(setSource, () => client.state.say(t('files.later', { name: shown.file.name }), 'problem'));
  }, []);
  // The middle of what is seen stays in the middle.
  const before = useRef(zoom);
  useLayoutEffect(() => {
    const stage = box.current!;
    const factor = zoom / before.current;
    before.current = zoom;
    stage.scrollLeft = (stage.scrollLeft + stage.clientWidth / 2) * factor - stage.clientWidth / 2;
    stage.scrollTop = (stage.scrollTop + stage.clientHeight / 2) * factor - stage.clientHeight / 2;
  }, [zoom]);
  return (
    <div
      ref={box}
      class={`file-stage ${zoom > 1 ? 'file-stage-near' : ''}`}
      tabIndex={0}
      role="group"
      aria-label={shown.file.name}
      onDblClick={() => onZoom(zoom > 1 ? 1 : STEP * STEP)}
      onWheel={(event) => {
        event.preventDefault();
        onZoom(event.deltaY < 0 ? zoom * STEP : zoom / STEP);
      }}
      onPointerDown={(event) => {
        if (event.pointerType === 'mouse' && zoom > 1) drag.current = { x: event.clientX, y: event.clientY };
      }}
      onPointerMove={(event) => {
        if (!drag.current) return;
        event.currentTarget.scrollBy(drag.current.x - event.clientX, drag.current.y - event.clientY);
        drag.current = { x: event.clientX, y: event.clientY };
      }}
      onPointerUp={() => (drag.current = null)}
      onPointerLeave={() => (drag.current = null)}
    >
      <div class="file-stage-sheet" style={{ width: `${zoom * 100}%`, height: `${zoom * 100}%` }}>
        {source && <img src={source} alt={shown.alt} draggable={false} />}
      </div>
    </div>
  );
}

export function ViewerDialog() {
  const client = useClient();
  const { state } = client;
  const pictures = usePictures();
  const zoom = useSignal(1);
  const id = state.person.value;
  const at = pictures.findIndex(({ file }) => file.file === id);
  const shown = pictures[at];
  // The message was deleted, here or elsewhere.
  useEffect(() => {
    if (!shown) state.closeDialog();
  }, [shown]);
  // Wherever in the dialog the focus is, and from the moment in which the picture is seen.
  const keys = useRef<(event: KeyboardEvent) => void>(() => undefined);
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => keys.current(event);
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
  if (!shown) return null;

  const setZoom = (next: number) => (zoom.value = Math.min(NEAREST, Math.max(1, next)));
  const go = (step: number) => {
    const next = pictures[at + step];
    if (!next) return;
    zoom.value = 1;
    state.person.value = next.file.file;
  };
  keys.current = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isNear = zoom.value > 1;
    if (event.key === 'ArrowLeft' && !isNear) go(-1);
    else if (event.key === 'ArrowRight' && !isNear) go(1);
    else if (event.key === '+' || event.key === '=') setZoom(zoom.value * STEP);
    else if (event.key === '-') setZoom(zoom.value / STEP);
    else if (event.key === '0') setZoom(1);
    else return;
    event.preventDefault();
  };
  const { file } = shown;
  const download = () => {
    save(client, file).catch(() => state.say(t('files.later', { name: file.name }), 'problem'));
  };
  return (
    <Modal title={file.name} class="viewer">
      <div class="viewer-inner">
        <Stage key={file.file} shown={shown} zoom={zoom.value} onZoom={setZoom} />
        <div class="viewer-bar" role="toolbar" aria-label={t('files.view')}>
          <FileButton icon="left" label={t('files.previous')} disabled={at === 0} onClick={() => go(-1)} />
          <FileButton icon="right" label={t('files.next')} disabled={at === pictures.length - 1} onClick={() => go(1)} />
          <span class="viewer-about" role="status">
            {t('files.of', { n: at + 1, all: pictures.length })} · {sizeText(file.bytes, language())}
          </span>
          <FileButton icon="farther" label={t('files.farther')} disabled={zoom.value === 1} onClick={() => setZoom(zoom.value / STEP)} />
          <FileButton icon="nearer" label={t('files.nearer')} disabled={zoom.value === NEAREST} onClick={() => setZoom(zoom.value * STEP)} />
          <FileButton icon="download" label={t('files.download', { name: file.name })} onClick={download} />
        </div>
      </div>
    </Modal>
  );
}
