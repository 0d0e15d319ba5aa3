// The files of a room, newest first, and a search by what they are called.

import { useEffect, useRef } from 'preact/hooks';
import type { Room } from '../app/room.ts';
import { kindOf, previewOf, sizeText } from '../model/files.ts';
import type { FileFacts } from '../model/protocol.ts';
import { FileButton, FileIcon } from './file-icons.tsx';
import { save, sourceOf } from './file-source.ts';
import { useClient } from './here.ts';
import { PanelFrame, Problem } from './parts.tsx';
import type { Result } from './results.tsx';
import { SearchLine } from './search-line.tsx';
import { useSearch } from './search.tsx';
import { language, t, times } from '../text.ts';

// The beginning of a word will do, too.
function queryOf(typed: string): string {
  const words = typed.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return ['has:file', ...words.map((word) => `${word}*`)].join(' ');
}

function Row({ result, file }: { result: Result; file: FileFacts }) {
  const client = useClient();
  const { state, rooms } = client;
  const source = kindOf(file) === 'picture' ? sourceOf(client, previewOf(file, 160)) : null;
  const show = () => {
    if (state.narrow.value) state.panel.value = 'none';
    void rooms.visit(result.room, result.seq);
  };
  const download = () => {
    save(client, file).catch(() => state.say(t('files.later', { name: file.name }), 'problem'));
  };
  return (
    <li class="room-file">
      <button type="button" class="result" onClick={show}>
        {source ? <img src={source} alt="" loading="lazy" /> : <FileIcon name="file" />}
        <span class="file-about">
          <span class="file-name" dir="auto" title={file.name}>
            {file.name}
          </span>
          <small>
            {result.name} · {sizeText(file.bytes, language())} ·{' '}
            <time title={times().full(result.time)}>{times().short(result.time, Date.now())}</time>
          </small>
        </span>
      </button>
      <FileButton icon="download" label={t('files.download', { name: file.name })} onClick={download} />
    </li>
  );
}

export function RoomFiles({ room }: { room: Room }) {
  const search = useSearch();
  const text = useRef<HTMLInputElement>(null);
  const ask = () => void search.ask({ query: queryOf(text.current?.value ?? ''), room: room.name });
  useEffect(() => {
    text.current!.focus();
    ask();
  }, []);
  const list = (search.found.value ?? []).flatMap((result) => (result.files ?? []).map((file) => ({ result, file })));
  const form = (
    <form
      class="search-form"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        ask();
      }}
    >
      <SearchLine field={text} id="files-name" label={t('files.name')} most={100} busy={search.busy.value} />
    </form>
  );
  return (
    <PanelFrame title={t('files.title')} busy={search.busy.value} top={form}>
      <Problem text={search.problem.value} />
      {search.found.value && !list.length && search.next.value === null && <p class="quiet">{t('files.none')}</p>}
      <ul class="results">
        {list.map(({ result, file }) => (
          <Row key={file.file} result={result} file={file} />
        ))}
      </ul>
      {search.next.value !== null && (
        <button type="button" class="secondary" disabled={search.busy.value} onClick={search.more}>
          {t('search.more')}
        </button>
      )}
    </PanelFrame>
  );
}
