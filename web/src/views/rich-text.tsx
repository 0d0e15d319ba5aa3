// A message's text as elements.

import { useEffect, useState } from 'preact/hooks';
import { addressInside } from '../model/address.ts';
import { blocksOf, isLong, isOnlyEmoji } from '../model/markup.ts';
import type { Block, Piece } from '../model/markup.ts';
import { useClient } from './here.ts';
import { memo } from './memo.tsx';
import { t } from '../text.ts';

type Painted = typeof import('./highlight.ts');

function Link({ piece }: { piece: Piece & { kind: 'link' } }) {
  const { rooms } = useClient();
  const inside = addressInside(piece.href, location.origin);
  const follow = (event: MouseEvent) => {
    if (!inside || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void rooms.visit(inside.room, inside.seq);
  };
  return (
    <>
      <a class="link" href={piece.href} title={piece.href} target="_blank" rel="noopener noreferrer nofollow" onClick={follow}>
        {piece.text}
      </a>
      {piece.label && <small class="link-host"> ({new URL(piece.href).host})</small>}
    </>
  );
}

function PieceView({ piece }: { piece: Piece }) {
  const { state, rooms } = useClient();
  switch (piece.kind) {
    case 'text':
      return <>{piece.text}</>;
    case 'code':
      return <code>{piece.text}</code>;
    case 'link':
      return <Link piece={piece} />;
    case 'mention': {
      if (piece.name.toLowerCase() === 'all') return <b class="mention-me">{piece.text}</b>;
      const mine = state.isMe(piece.name);
      return (
        <button type="button" class={`in-text mention ${mine ? 'mention-me' : ''}`} title={piece.name} onClick={() => state.openDialog('person', piece.name)}>
          {piece.text.replace(piece.name, () => state.shownName(piece.name))}
        </button>
      );
    }
    case 'room':
      return (
        <button type="button" class="in-text" onClick={() => void rooms.visit(piece.room)}>
          {piece.text}
        </button>
      );
    case 'strong':
      return (
        <strong>
          <Pieces pieces={piece.pieces} />
        </strong>
      );
    case 'em':
      return (
        <em>
          <Pieces pieces={piece.pieces} />
        </em>
      );
    case 'strike':
      return (
        <s>
          <Pieces pieces={piece.pieces} />
        </s>
      );
  }
}

function Pieces({ pieces }: { pieces: Piece[] }) {
  return (
    <>
      {pieces.map((piece, at) => (
        <PieceView key={at} piece={piece} />
      ))}
    </>
  );
}

// Colours come in a file of their own; until then, and for languages that it does not know, code is plain.
function Code({ text, language }: { text: string; language: string }) {
  const [painter, setPainter] = useState<Painted | null>(null);
  useEffect(() => {
    if (language) import('./highlight.ts').then(setPainter, () => undefined);
  }, [language]);
  const parts = painter?.highlight(text, language);
  return (
    <pre tabIndex={0} aria-label={language || t('code')}>
      <code>{parts ? parts.map(({ kind, text: part }, at) => (kind ? <span key={at} class={`hl-${kind}`}>{part}</span> : part)) : text}</code>
    </pre>
  );
}

function Table({ block }: { block: Block & { kind: 'table' } }) {
  return (
    <div class="table" tabIndex={0} role="group" aria-label={t('table')}>
      <table>
        <thead>
          <tr>
            {block.head.map((cell, at) => (
              <th key={at} scope="col">
                <Pieces pieces={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {block.rows.map((row, n) => (
            <tr key={n}>
              {row.map((cell, at) => (
                <td key={at}>
                  <Pieces pieces={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function BlockView({ block, large }: { block: Block; large?: boolean }) {
  switch (block.kind) {
    case 'line':
      return (
        <p class={large ? 'text-emoji' : undefined} dir="auto">
          <Pieces pieces={block.pieces} />
        </p>
      );
    case 'code':
      return <Code text={block.text} language={block.language} />;
    case 'quote':
      return (
        <blockquote>
          <Blocks blocks={block.blocks} />
        </blockquote>
      );
    case 'table':
      return <Table block={block} />;
    case 'list': {
      const items = block.items.map((inside, at) => (
        <li key={at}>
          <Blocks blocks={inside} />
        </li>
      ));
      return block.start === null ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
    }
  }
}

function Blocks({ blocks, large }: { blocks: Block[]; large?: boolean }) {
  return (
    <>
      {blocks.map((block, at) => (
        <BlockView key={at} block={block} {...(large ? { large } : {})} />
      ))}
    </>
  );
}

function RichTextView({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  const body = <Blocks blocks={blocksOf(text)} large={isOnlyEmoji(text)} />;
  if (!isLong(text)) return <div class="message-text">{body}</div>;
  return (
    <>
      <div class={`message-text ${open ? '' : 'text-folded'}`}>{body}</div>
      <button type="button" class="link-button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? t('log.fold') : t('log.unfold')}
      </button>
    </>
  );
}

export const RichText = memo(RichTextView);
