// The lines that people can type, as src/base/operations.h at the repository's root has them: what the page does
// not do in a way of its own it asks the server for by these rows (src/model/commands.ts).

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const base = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src', 'base');

// Lines that are continued are one.
const read = (name) => readFileSync(join(base, name), 'utf8').replace(/\\\n/g, ' ');

export function rows() {
  const wire = Object.fromEntries(
    [...read('request.h').matchAll(/X\((\w+), "(\w+)"/g)].map(([, field, name]) => [field, name]),
  );
  const fieldOf = (written) => wire[written.replace(/^(TEXT|NUMBER)_/, '')];
  const header = read('operations.h');
  const found = [];
  for (const [, op, name, sets, number, value, written] of header.matchAll(
    /COMMAND\((\w+), (\w+), (SETS\((\w+), (\d+)\)|SETS_NOTHING),((?:\s*(?:NEED|MAY)\([^()]*\))*)\)/g,
  )) {
    const row = new RegExp(`X\\(${op}, (\\w+), ([^,]*),[^,]*,([^,]*),`).exec(header);
    // A line that presets a field, such as the end of a link, is not about the room where it is typed.
    const isHere = /\bHERE\b/.test(row[3]) && sets === 'SETS_NOTHING';
    found.push({
      name,
      op: row[1],
      inRoom: isHere || /T\(ROOM\)/.test(row[2]),
      preset: sets === 'SETS_NOTHING' ? null : { field: fieldOf(number), on: value === '1' },
      arguments: [...written.matchAll(/(NEED|MAY)\((\w+), "([^"]*)", (\w+)\)/g)].map(([, need, kind, shown, field]) => ({
        kind: kind.toLowerCase(),
        needed: need === 'NEED',
        shown,
        field: fieldOf(field),
      })),
    });
  }
  return found;
}

export const operations = {
  name: 'operations',
  setup(build) {
    build.onResolve({ filter: /^virtual:operations$/ }, ({ path }) => ({ path, namespace: 'operations' }));
    build.onLoad({ filter: /.*/, namespace: 'operations' }, () => ({ contents: `export default ${JSON.stringify(rows())}`, loader: 'js' }));
  },
};
