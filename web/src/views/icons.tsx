// Line icons on a 24-unit grid, all of one stroke. They are decoration: the button has the name.

const paths = {
  menu: 'M4 7h16M4 12h16M4 17h10',
  people: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.4-3.6 3-5.5 6.5-5.5s6.1 1.9 6.5 5.5M16 4.6a3.3 3.3 0 0 1 0 6M18 14.9c2 .7 3.2 2.4 3.5 5.1',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 20.5 20.5',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6 6 18',
  send: 'M4.5 12h14M13 6l6 6-6 6',
  reply: 'M9 6 4 11l5 5M4.5 11H13c4 0 6.5 2.5 6.5 7',
  edit: 'M5 19l1-4.5L16.2 4.3a1.5 1.5 0 0 1 2.1 0l1.4 1.4a1.5 1.5 0 0 1 0 2.1L9.5 18z',
  trash: 'M5 7h14M10 4h4M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5',
  smile: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM8.5 14c1.8 2.4 5.2 2.4 7 0M9.2 9.5v.8M14.8 9.5v.8',
  down: 'M12 5v13M6.5 12.5 12 18l5.5-5.5',
  up: 'M12 19V6M6.5 11.5 12 6l5.5 5.5',
  gear: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  more: 'M5.5 12h.01M12 12h.01M18.5 12h.01',
  check: 'M5 12.5 10 17.5 19 7',
  clock: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 7.5V12l3 2',
  alert: 'M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.2',
  lock: 'M6.5 11h11v9h-11zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1.2 1.2M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2',
  key: 'M8 18.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM11 11.7 19.5 4M16.5 7l2 2M14 9.2l1.5 1.5',
  bell: 'M6 17h12c-1.5-1.5-1.8-3-1.8-6.5a4.2 4.2 0 0 0-8.4 0C7.8 14 7.5 15.5 6 17zM10.3 20a2 2 0 0 0 3.4 0',
  at: 'M12 15.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM15.5 8.5v4.8c0 3 4.5 2.6 4.5-1.3a8 8 0 1 0-3 6.2',
  bookmark: 'M7 4.5h10V20l-5-4-5 4z',
  copy: 'M9 9h10.5v10.5H9zM5 15H4.5V4.5H15V5',
  bold: 'M7.5 5H13a3.3 3.3 0 0 1 0 6.7H7.5zM7.5 11.7h6.3a3.6 3.6 0 0 1 0 7.3H7.5z',
  italic: 'M10 5h8M6 19h8M14 5l-4 14',
  strike: 'M4 12h16M16.5 8c-.4-2-2.2-3-4.5-3-2.6 0-4.5 1.3-4.5 3.3 0 .9.3 1.5.9 2M7.3 15.5c.3 2.2 2.2 3.5 4.9 3.5s4.6-1.4 4.6-3.5c0-.5-.1-1-.4-1.3',
  code: 'M8.5 7 3.5 12l5 5M15.5 7l5 5-5 5',
  quote: 'M5 5v14M9.5 7.5h10M9.5 12h10M9.5 16.5h6',
  list: 'M9.5 6.5h10M9.5 12h10M9.5 17.5h10M5 6.5h.01M5 12h.01M5 17.5h.01',
  numbers: 'M10.5 6.5h9M10.5 12h9M10.5 17.5h9M4.5 5.5 6 4.7V9M4.3 15.7c.3-1 2.4-1 2.4.3 0 1.2-2.4 1.7-2.4 3.3h2.6',
  format: 'M4.5 18.5 9.5 5.5h.5l5 13M6.2 14.5h7M17 18.5v-7M20 14c0-1.5-3-1.5-3 1',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

// The mark of brusio: a balloon in which many voices hum.
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <path class="mark-balloon" d="M32 6c15.5 0 26 9.3 26 22.5S47.5 51 32 51c-2.7 0-5.3-.3-7.7-.8L12.5 57l2.2-11.2C9.2 41.6 6 35.6 6 28.5 6 15.3 16.5 6 32 6z" />
      <path class="mark-hum" d="M17 21c3.8-4.5 6.2-4.5 10 0s6.2 4.5 10 0 6.2-4.5 10 0" />
      <path class="mark-hum" d="M17 30c3.8-4.5 6.2-4.5 10 0s6.2 4.5 10 0 6.2-4.5 10 0" />
      <path class="mark-hum" d="M17 39c3.8-4.5 6.2-4.5 10 0s6.2 4.5 10 0" />
    </svg>
  );
}
