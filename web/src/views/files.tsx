// The files of a message: pictures, sound and video in their place, text with colours, all else as a card.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Room } from '../app/room.ts';
import { boxOf, kindOf, languageOf, movesInLog, previewOf, sizeText } from '../model/files.ts';
import type { OutItem } from '../model/outbox.ts';
import type { FileFacts } from '../model/protocol.ts';
import type { Message } from '../model/roomlog.ts';
import { FileButton, FileIcon } from './file-icons.tsx';
import { fetchSource, forget, isHeld, isMissing, request, save, sourceOf } from './file-source.ts';
import { useClient } from './here.ts';
import { language, t } from '../text.ts';

const TEXT_BYTES = 16_384;
const SHORT_TEXT_BYTES = 240;

export interface FilesProps {
  room: Room;
  message: Message;
  // Its place while it waits to be sent.
  item?: OutItem | undefined;
}

interface Source {
  source: string | null;
  failed: () => void;
  lost: '' | 'missing' | 'later';
  retry: () => void;
}

// `instead` is what is tried where there is no `wished` any more.
function useSource(wished: FileFacts, wanted = true, instead = wished): Source {
  const client = useClient();
  const [file, setFile] = useState(wished);
  const [source, setSource] = useState(() => sourceOf(client, file));
  const [lost, setLost] = useState<'' | 'missing' | 'later'>('');
  const failed = () => {
    // A file that still waits is not on the server, so it cannot be missing there.
    if (!file.file) return;
    // It was let go of meanwhile.
    const now = sourceOf(client, file);
    if (now !== source) return setSource(now);
    if (file.file !== instead.file) {
      setFile(instead);
      return setSource(sourceOf(client, instead));
    }
    void isMissing(client, file).then((gone) => setLost(gone ? 'missing' : 'later'));
  };
  useEffect(() => {
    if (!source && wanted && !lost) fetchSource(client, file).then(setSource, failed);
  }, [source, wanted, lost, file]);
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

// The picture itself where it moves, or where the page has it anyway.
function shownOf(file: FileFacts): FileFacts {
  const moves = movesInLog(file) && !matchMedia('(prefers-reduced-motion: reduce)').matches;
  return moves || isHeld(file) ? file : previewOf(file, 800);
}

function Picture({ file, alt }: { file: FileFacts; alt: string }) {
  const { state } = useClient();
  const { source, failed, lost, retry } = useSource(shownOf(file), true, file);
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
    <div class={`file-sound ${isVideo ? 'video' : ''}`}>
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
  // A file that is still being sent has no preview of its content.
  if (!file.file || kind === 'other') return <FileCard file={file} />;
  return kind === 'text' ? <TextFile file={file} /> : <Sound file={file} />;
}

// The progress of an upload, with buttons to pause and cancel it.
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
  const pause = () => void client.uploads().then((uploads) => uploads.pause(item.id, !item.paused));
  return (
    <div class="upload">
      <progress max={100} value={share} aria-label={t('files.uploading')} />
      <span class="upload-share">{item.paused ? t('files.paused') : at < 0 && !before ? t('files.waits') : `${share} %`}</span>
      <button type="button" class="link-button" onClick={pause}>
        {t(item.paused ? 'files.resume' : 'files.pause')}
      </button>
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
  // A file that was deleted, or withdrawn before it was sent, is dropped from the page's memory too.
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
