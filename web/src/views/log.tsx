// The conversation: a bounded number of rows that follow the reader through the whole history.
//
// Pages of history enter on one side and leave on the other (model/roomlog.ts). What the reader
// looks at stays where it is: before each change the first visible row and its place are noted,
// after it the scroll position is corrected by as much as that row moved. What grows by itself, such
// as a message whose files come later, is corrected by the row that was noted last.

import { Component, createRef } from 'preact';
import { buildRows } from '../model/rows.ts';
import type { Row } from '../model/rows.ts';
import type { Client } from '../app/client.ts';
import type { Room } from '../app/room.ts';
import { Beginning, Welcome } from './beginning.tsx';
import { Icon } from './icons.tsx';
import { logKey } from './log-keys.ts';
import { MessageRow } from './message.tsx';
import { t, times, tn } from '../text.ts';

const END_PIXELS = 40;
const EDGE_SCREENS = 1.5;
const MARK_MS = 2_500;
const ACTIONS_PIXELS = 48;

interface Anchor {
  key: string;
  top: number;
}

function NoticeText({ row }: { row: Row & { type: 'notice' } }) {
  const { notice } = row;
  if (notice.kind === 'info') return <>{notice.text}</>;
  const names = notice.names.slice(-4).join(', ');
  const more = notice.names.length > 4 ? ` ${t('log.and_others', { n: notice.names.length - 4 })}` : '';
  return <>{tn(notice.kind === 'enter' ? 'log.entered' : 'log.left', notice.names.length, { names: names + more })}</>;
}

function RowView({ row, room, client }: { row: Row; room: Room; client: Client }) {
  switch (row.type) {
    case 'day':
      return (
        <div class="log-day">
          <span>{times().day(row.time, Date.now())}</span>
        </div>
      );
    case 'unread':
      return (
        <div class="unread-line" data-key="unread">
          <span>{t('log.unread')}</span>
        </div>
      );
    case 'notice':
      return (
        <p class={`log-notice log-notice-${row.notice.kind}`} data-key={row.key}>
          <NoticeText row={row} />
        </p>
      );
    case 'ahead':
      return (
        <p class="log-notice" data-key="ahead">
          {t('log.ahead')}
        </p>
      );
    case 'message': {
      const { message } = row;
      if (message.kind === 'topic') {
        return (
          <p class="log-notice" data-key={row.key}>
            {message.text ? t('log.topic', { name: message.name, topic: message.text }) : t('log.topic_cleared', { name: message.name })}
          </p>
        );
      }
      if (message.kind === 'gap') {
        return (
          <p class="log-notice" data-key={row.key}>
            {t('log.gap')}
          </p>
        );
      }
      const quote = message.replyTo ? client.pages.quoteOf(room, message.replyTo) : undefined;
      return (
        <MessageRow
          rowKey={row.key}
          room={room}
          message={message}
          head={row.head}
          mine={row.mine}
          state={row.state}
          answers={row.answers}
          {...(row.item ? { item: row.item } : {})}
          {...(quote !== undefined ? { quote } : {})}
        />
      );
    }
  }
}

interface ListProps {
  client: Client;
  room: Room;
  version: number;
  // Rises when the view is asked to go somewhere.
  target: unknown;
}

interface ListState {
  atEnd: boolean;
}

export class LogList extends Component<ListProps, ListState> {
  override state: ListState = { atEnd: true };
  private box = createRef<HTMLDivElement>();
  private list = createRef<HTMLDivElement>();
  private sizes: ResizeObserver | null = null;
  private placed: Room | null = null;
  private noted: Anchor | null = null;
  private markTimer: ReturnType<typeof setTimeout> | undefined;

  override componentDidMount(): void {
    this.settle(null);
    this.sizes = new ResizeObserver(() => this.settle(this.noted));
    this.sizes.observe(this.box.current!);
    this.sizes.observe(this.list.current!);
  }

  override componentWillUnmount(): void {
    this.sizes?.disconnect();
    clearTimeout(this.markTimer);
  }

  override getSnapshotBeforeUpdate(before: ListProps): Anchor | null {
    return before.room === this.props.room ? this.anchor() : null;
  }

  override componentDidUpdate(_before: ListProps, _state: ListState, anchor: Anchor | null): void {
    this.settle(anchor);
  }

  private anchor(): Anchor | null {
    const box = this.box.current;
    const list = this.list.current;
    if (!box || !list || this.props.room.log.following) return null;
    const noted = (row: HTMLElement) => ({ key: row.dataset.key!, top: row.offsetTop - box.scrollTop });
    // The row that one was led to, as long as it is seen.
    const led = list.contains(document.activeElement) && document.activeElement!.closest<HTMLElement>('[data-key]');
    if (led && noted(led).top > 0 && noted(led).top < box.clientHeight) return noted(led);
    const rows = list.children;
    let low = 0;
    let high = rows.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = rows[middle] as HTMLElement;
      if (row.offsetTop + row.offsetHeight > box.scrollTop) high = middle;
      else low = middle + 1;
    }
    for (let at = low; at < rows.length; at++) {
      const row = rows[at] as HTMLElement;
      // A day's heading sticks to the top: its place says nothing.
      if (row.dataset.key) return noted(row);
    }
    return null;
  }

  private rowOf(key: string): HTMLElement | null {
    return this.list.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) ?? null;
  }

  private settle(anchor: Anchor | null): void {
    const box = this.box.current;
    const { room, client } = this.props;
    if (!box) return;
    if (this.placed !== room) {
      this.placed = room;
      client.state.hotRow.value = '';
    }
    const target = room.target.peek();
    if (target && room.log.loaded) {
      this.goTo(box, target.seq, target.place);
    } else if (room.log.following) {
      box.scrollTop = box.scrollHeight;
    } else if (anchor) {
      const row = this.rowOf(anchor.key);
      const moved = row ? row.offsetTop - box.scrollTop - anchor.top : 0;
      if (moved) box.scrollTop += moved;
    }
    this.look();
  }

  private goTo(box: HTMLElement, seq: number, place: 'center' | 'start'): void {
    const { room, client } = this.props;
    const { markedSeq } = client.state;
    room.target.value = null;
    const rows = [...this.list.current!.querySelectorAll<HTMLElement>('[data-seq]')];
    const row = rows.find((other) => Number(other.dataset.seq) >= seq);
    if (!row) {
      box.scrollTop = box.scrollHeight;
      return;
    }
    const line = place === 'start' ? (this.rowOf('unread') ?? row) : row;
    const room_ = place === 'start' ? Math.min(90, box.clientHeight / 5) : (box.clientHeight - row.offsetHeight) / 2;
    box.scrollTop = line.offsetTop - Math.max(0, room_);
    if (place !== 'center') return;
    row.focus({ preventScroll: true });
    markedSeq.value = Number(row.dataset.seq);
    clearTimeout(this.markTimer);
    this.markTimer = setTimeout(() => (markedSeq.value = 0), MARK_MS);
  }

  // After every change and scroll: are we at the end, and is there enough on both sides?
  private look = (): void => {
    const box = this.box.current;
    const { room, client } = this.props;
    if (!box || !room.log.loaded || !box.clientHeight) return;
    const below = box.scrollHeight - box.clientHeight - box.scrollTop;
    const atEnd = below <= END_PIXELS && !room.log.moreAfter;
    const was = room.log.following;
    room.log.following = atEnd;
    this.noted = this.anchor();
    if (atEnd && !was) client.reading.look(room);
    if (atEnd !== this.state.atEnd) this.setState({ atEnd });
    // At the end of a busy room the window is trimmed again and again: no need to fill it up.
    const edge = atEnd ? END_PIXELS : box.clientHeight * EDGE_SCREENS;
    if (box.scrollTop < edge && room.log.moreBefore) void client.pages.older(room);
    else if (below < edge && room.log.moreAfter) void client.pages.newer(room);
  };

  // The actions stand above their row, or below it where there is no room above.
  private heat(key: string): void {
    const { hotRow } = this.props.client.state;
    if (hotRow.value === key) return;
    hotRow.value = key;
    const row = key ? this.rowOf(key) : null;
    const box = this.box.current;
    if (row && box) row.classList.toggle('row-low', row.offsetTop - box.scrollTop < ACTIONS_PIXELS);
  }

  private hover = (event: Event): void => {
    this.heat((event.target as Element).closest<HTMLElement>('[data-key]')?.dataset.key ?? '');
  };

  // On a touch screen a tap shows a message's actions, and another one hides them.
  private tap = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse' || (event.target as Element).closest('button, a')) return;
    const key = (event.target as Element).closest<HTMLElement>('[data-key]')?.dataset.key ?? '';
    this.heat(this.props.client.state.hotRow.value === key ? '' : key);
  };

  override render({ room, client }: ListProps, { atEnd }: ListState) {
    const { log } = room;
    const { state, sending, pages } = client;
    const rows = buildRows({
      window: log.window,
      atEnd: log.loaded && !log.moreAfter,
      notices: room.notices,
      pending: sending.pendingIn(room),
      me: state.me.value.name,
      unreadAfter: room.unreadAfter,
    });
    const unread = room.unreadCount.value;
    const unreadAbove = room.unreadAfter >= 0 && log.loaded && log.moreBefore && log.first > room.unreadAfter + 1;
    return (
      <div class="log-frame">
        {unreadAbove && (
          <button type="button" class="pill pill-top" onClick={() => void pages.jumpTo(room, room.unreadAfter + 1, 'start')}>
            <Icon name="up" /> {t('log.to_unread')}
          </button>
        )}
        <div
          ref={this.box}
          class="log"
          role="log"
          aria-live="off"
          aria-label={t('log.label', { room: room.name })}
          aria-busy={room.loading.value}
          tabIndex={0}
          onScroll={this.look}
          onKeyDown={(event) => logKey(event, client, room)}
          onMouseOver={this.hover}
          onMouseLeave={() => this.heat('')}
          onFocusIn={this.hover}
          onPointerUp={this.tap}
        >
          <div ref={this.list} class="log-rows">
            {log.loaded && !log.moreBefore && <Beginning room={room} />}
            {rows.map((row) => (
              <RowView key={row.key} row={row} room={room} client={client} />
            ))}
            {room.name === '#lobby' && log.loaded && !log.moreAfter && !state.settings.value.welcomed && <Welcome />}
          </div>
        </div>
        {!atEnd && log.loaded && (
          <button
            type="button"
            class="pill pill-bottom"
            onClick={() => {
              void pages.toEnd(room);
              client.refresh.touch(room);
            }}
          >
            <Icon name="down" /> {unread ? tn('log.new_below', unread) : t('log.to_end')}
          </button>
        )}
      </div>
    );
  }
}
