// A message's text as elements.

import { useState } from 'preact/hooks';
import { blocksOf, isLong, isOnlyEmoji } from '../model/markup.ts';
import type { Piece } from '../model/markup.ts';
import { sameName } from '../model/names.ts';
import { enterRoom } from '../app/follow.ts';
import { me, openDialog } from '../app/state.ts';
import { memo } from './memo.tsx';
import { t } from '../text.ts';

function PieceView({ piece }: { piece: Piece }) {
  switch (piece.kind) {
    case 'text':
      return <>{piece.text}</>;
    case 'code':
      return <code>{piece.text}</code>;
    case 'link':
      return (
        <a href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
          {piece.text}
        </a>
      );
    case 'mention': {
      const mine = sameName(piece.name, me.value.name);
      return (
        <button type="button" class={`in-text mention ${mine ? 'mention-me' : ''}`} onClick={() => openDialog('person', piece.name)}>
          {piece.text}
        </button>
      );
    }
    case 'room':
      return (
        <button type="button" class="in-text" onClick={() => void enterRoom(piece.room)}>
          {piece.text}
        </button>
      );
  }
}

function RichTextView({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  const long = isLong(text);
  const body = blocksOf(text).map((block, at) =>
    block.kind === 'code' ? (
      <pre key={at} tabIndex={0} aria-label={block.language || t('code')}>
        <code>{block.text}</code>
      </pre>
    ) : (
      <p key={at} class={isOnlyEmoji(text) ? 'text-emoji' : undefined}>
        {block.pieces.map((piece, n) => (
          <PieceView key={n} piece={piece} />
        ))}
      </p>
    ),
  );
  if (!long) return <div class="text">{body}</div>;
  return (
    <>
      <div class={`text ${open ? '' : 'text-folded'}`}>{body}</div>
      <button type="button" class="link-button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? t('log.fold') : t('log.unfold')}
      </button>
    </>
  );
}

export const RichText = memo(RichTextView);
