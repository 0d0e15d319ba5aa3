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
