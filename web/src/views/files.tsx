// The files of a message: pictures, sound and video in their place, text with colours, all else as a card.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Room } from '../app/room.ts';
import { boxOf, kindOf, languageOf, sizeText } from '../model/files.ts';
import type { OutItem } from '../model/outbox.ts';
import type { FileFacts } from '../model/protocol.ts';
import type { Message } from '../model/roomlog.ts';
import { FileButton, FileIcon } from './file-icons.tsx';
import { fetchSource, forget, isMissing, request, save, sourceOf } from './file-source.ts';
import { useClient } from './here.ts';
import { language, t } from '../text.ts';

const TEXT_BYTES = 16_384;
const SHORT_TEXT_BYTES = 240;

export interface FilesProps {
  room: Room;
  message: Message;
  // Where it waits to be sent.
  item?: OutItem | undefined;
}

function useSource(file: FileFacts, wanted = true): { source: string | null; failed: () => void; lost: '' | 'missing' | 'later'; retry: () => void } {
  const client = useClient();
  const [source, setSource] = useState(() => sourceOf(client, file));
  const [lost, setLost] = useState<'' | 'missing' | 'later'>('');
  const failed = () => {
    // What still waits is not on the server, and is missing nowhere.
    if (!file.file) return;
    // It was let go of meanwhile.
    const now = sourceOf(client, file);
    if (now !== source) return setSource(now);
    void isMissing(client, file).then((gone) => setLost(gone ? 'missing' : 'later'));
  };
  useEffect(() => {
    if (!source && wanted && !lost) fetchSource(client, file).then(setSource, failed);
  }, [source, wanted, lost]);
  const retry = () => {
    setSource(sourceOf(client, file));
    setLost('');
  };
  return { source, failed, lost, retry };
}

export function FileCard({ file, note, onRetry }: { file: FileFacts; note?: string; onRetry?: () => void }) {
  const client = useClient();
  const isHere = file.file !== '' && !note;
  const download = () => {
    save(client, file).catch(() => client.state.say(t('files.later', { name: file.name }), 'problem'));
  };
  return (
    <div class="file-card">
      <FileIcon name="file" />
      <span class="file-about">
        <span class="file-name" dir="auto" title={file.name}>
          {file.name}
        </span>
        <small>{note ?? sizeText(file.bytes, language())}</small>
      </span>
      {onRetry && (
        <button type="button" class="link-button" onClick={onRetry}>
          {t('state.retry')}
        </button>
      )}
      {isHere && <FileButton icon="download" label={t('files.download', { name: file.name })} onClick={download} />}
    </div>
  );
}

function Lost({ file, lost, retry }: { file: FileFacts; lost: 'missing' | 'later'; retry: () => void }) {
  return <FileCard file={file} note={t(`files.${lost}`, { name: file.name })} {...(lost === 'later' ? { onRetry: retry } : {})} />;
}

function Picture({ file, alt }: { file: FileFacts; alt: string }) {
  const { state } = useClient();
  const { source, failed, lost, retry } = useSource(file);
  if (lost) return <Lost file={file} lost={lost} retry={retry} />;
  const { width, height } = boxOf(file);
  return (
    <button
      type="button"
      class="picture"
      title={file.name}
      aria-haspopup="dialog"
      style={{ width: `${width}px`, aspectRatio: `${width} / ${height}` }}
      disabled={!file.file}
      onClick={() => state.openDialog('picture', file.file)}
    >
      {source && <img src={source} alt={alt} width={width} height={height} loading="lazy" decoding="async" onError={failed} />}
      {!source && <span class="out-of-sight">{alt}</span>}
    </button>
  );
}

function Sound({ file }: { file: FileFacts }) {
  const client = useClient();
  const [wanted, setWanted] = useState(sourceOf(client, file) !== null);
  const { source, failed, lost, retry } = useSource(file, wanted);
  const isVideo = kindOf(file) === 'video';
  if (lost) return <Lost file={file} lost={lost} retry={retry} />;
  return (
    <div class={`sound ${isVideo ? 'video' : ''}`}>
      {source &&
        (isVideo ? (
          <video controls preload="metadata" playsInline src={source} aria-label={file.name} onError={failed} />
        ) : (
          <audio controls preload="metadata" src={source} aria-label={file.name} onError={failed} />
        ))}
      {!source && (
        <button type="button" class="secondary" disabled={wanted} onClick={() => setWanted(true)}>
          {t('files.play')}
        </button>
      )}
      <FileCard file={file} />
    </div>
  );
}

interface Painter {
  highlight(text: string, language: string): { kind: string; text: string }[] | null;
}

// The beginning of a text file; its box has its height before the text comes.
function TextFile({ file }: { file: FileFacts }) {
  const client = useClient();
  const box = useRef<HTMLPreElement>(null);
  const [text, setText] = useState<string | null>(null);
  const [painter, setPainter] = useState<Painter | null>(null);
  useEffect(() => {
    const load = async () => {
      const answer = await request(client, file, { Range: `bytes=0-${TEXT_BYTES - 1}` });
      if (!answer.ok) return;
      // A letter that was cut in two at the end is left out.
      setText((await answer.text()).replace(/\ufffd+$/, '') + (file.bytes > TEXT_BYTES ? '\n…' : ''));
      setPainter(await import('./highlight.ts'));
    };
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      void load().catch(() => undefined);
    });
    seen.observe(box.current!);
    return () => seen.disconnect();
  }, []);
  const parts = text && painter?.highlight(text, languageOf(file.name));
  return (
    <div class="text-file">
      <pre ref={box} class={file.bytes > SHORT_TEXT_BYTES ? 'text-long' : 'text-short'} tabIndex={0} role="group" aria-label={file.name}>
        <code>{parts ? parts.map(({ kind, text: part }, at) => (kind ? <span key={at} class={`hl-${kind}`}>{part}</span> : part)) : text}</code>
      </pre>
      <FileCard file={file} />
    </div>
  );
}

function FileView({ file, alt }: { file: FileFacts; alt: string }) {
  const kind = kindOf(file);
  if (kind === 'picture') return <Picture file={file} alt={alt} />;
  // What is on its way is not looked into.
  if (!file.file || kind === 'other') return <FileCard file={file} />;
  return kind === 'text' ? <TextFile file={file} /> : <Sound file={file} />;
}

// How far it is, and the way to stop it.
function OnItsWay({ item }: { item: OutItem }) {
  const client = useClient();
  const { state } = client;
  const { key, part } = state.uploading.value;
  const at = item.files!.findIndex((file) => file.key === key);
  const bytes = item.files!.reduce((sum, file) => sum + file.bytes, 0);
  const before = item.files!.reduce((sum, file) => sum + (file.file ? file.bytes : 0), 0);
  const share = Math.floor((100 * (before + (at < 0 ? 0 : part * item.files![at]!.bytes))) / Math.max(1, bytes));
  const cancel = () => {
    void client.uploads().then((uploads) => uploads.cancel(item.id));
    document.getElementById('composer-text')?.focus();
  };
  return (
    <div class="upload">
      <progress max={100} value={share} aria-label={t('files.uploading')} />
      <span class="upload-share">{at < 0 && !before ? t('files.waits') : `${share} %`}</span>
      <button type="button" class="link-button" onClick={cancel}>
        {t('cancel')}
      </button>
    </div>
  );
}

export function Files({ room, message, item }: FilesProps) {
  const { outbox } = useClient().sending;
  const files = message.files ?? [];
  const pictures = files.filter((file) => kindOf(file) === 'picture');
  const others = files.filter((file) => kindOf(file) !== 'picture');
  const altOf = (file: FileFacts) => (files.length === 1 && message.text.trim() ? message.text : file.name);
  // What was deleted, or taken back before it was sent, is not kept in the page's memory, either.
  useEffect(() => () => {
    const stored = item ? room.log.window.find(({ id }) => id === item.id) : room.log.find(message.seq);
    if (stored?.deleted || (item && !stored && !outbox.find(item.id))) (item?.files ?? files).forEach(forget);
  }, []);
  const view = (file: FileFacts) => <FileView key={file.file || String('key' in file && file.key)} file={file} alt={altOf(file)} />;
  return (
    <div class="files">
      {pictures.length > 0 && <div class="pictures">{pictures.map(view)}</div>}
      {others.map(view)}
      {item?.state === 'waiting' && item.files && <OnItsWay item={item} />}
    </div>
  );
}
